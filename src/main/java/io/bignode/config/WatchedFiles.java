package io.bignode.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of some files, read again when they change. While a changed file cannot be used, the content from before stays in force, and an observer
 * is told. One thread checks, any thread may read.
 *
 * @param <T> what they are read as
 */
public final class WatchedFiles<T> {
    private static final System.Logger LOG = System.getLogger(WatchedFiles.class.getName());

    /** Reads the files. */
    @FunctionalInterface
    public interface Reader<T> {
        T read() throws InvalidSettingsException;
    }

    /** Is told whether the files can be used; it may be told the same again and again. */
    public interface Observer {
        /**
         * They cannot: what they held before still holds.
         *
         * @param message what is wrong
         * @param fix     what to do about it
         */
        void unusable(String message, String fix);

        /** They can. */
        void usable();
    }

    private final List<Path> files;
    private final Reader<T> reader;
    private final Observer observer;
    private String version;
    private boolean faulty;
    private volatile T value;

    /**
     * Reads the files for the first time.
     *
     * @throws InvalidSettingsException the reader's own
     */
    public WatchedFiles(List<Path> files, Reader<T> reader, Observer observer) throws InvalidSettingsException {
        this.files = List.copyOf(files);
        this.reader = reader;
        this.observer = observer;
        this.version = version();
        this.value = reader.read();
    }

    /** Their content, or that of the last time when they could be used. */
    public T get() {
        return value;
    }

    /**
     * Reads them again if they changed; to be called about once a second. Faults count from the second time in a row on: a certificate and
     * its key cannot be replaced at the same moment.
     */
    public void check() {
        String now = version();
        if (now.equals(version) && !faulty) return;
        boolean again = faulty && now.equals(version);
        version = now;
        try {
            value = reader.read();
            faulty = false;
            observer.usable();
            LOG.log(System.Logger.Level.INFO, "{0} changed and was read again", files);
        } catch (InvalidSettingsException e) {
            faulty = true;
            if (again) {
                observer.unusable("A changed file cannot be used, and its former content stays in force: " + e.getMessage(),
                        "correct the file; the node reads it again by itself");
            }
        }
    }

    /** Taken before they are read, so that a change meanwhile is seen the next time. */
    private String version() {
        List<String> versions = new ArrayList<>();
        for (Path file : files) {
            try {
                BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
                versions.add(is.lastModifiedTime().toInstant() + " " + is.size() + " " + is.fileKey());
            } catch (IOException e) {
                versions.add(e.getClass().getSimpleName());
            }
        }
        return String.join(", ", versions);
    }
}
