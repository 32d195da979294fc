package io.bignode.node;

import io.bignode.config.InvalidSettingsException;
import io.bignode.monitor.Alarms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * What some files say, read again when they change. While they cannot be used, what they said before holds, and an alarm tells. One thread
 * checks, any may read.
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

    private final String key;
    private final List<Path> files;
    private final Reader<T> reader;
    private final Alarms alarms;
    private String version;
    private boolean faulty;
    private volatile T value;

    /**
     * Reads the files for the first time.
     *
     * @param key  of the alarm
     * @throws InvalidSettingsException the reader's own
     */
    public WatchedFiles(String key, List<Path> files, Reader<T> reader, Alarms alarms) throws InvalidSettingsException {
        this.key = key;
        this.files = List.copyOf(files);
        this.reader = reader;
        this.alarms = alarms;
        this.version = version();
        this.value = reader.read();
    }

    /** What they say, or said when they could be used last. */
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
            alarms.clear(key);
            LOG.log(System.Logger.Level.INFO, "{0} changed and was read again", files);
        } catch (InvalidSettingsException e) {
            faulty = true;
            if (again) {
                alarms.raise(key, "a changed file cannot be used, what it held before still holds: " + e.getMessage(),
                        "mend it; it is read again by itself");
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
