package io.bignode.node;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;

/** Says in plain words why a file cannot be read or written: the exceptions of the JDK hold the file's name alone, or nothing. */
public final class FileFault {
    private FileFault() {}

    /** The reason in plain words, without the file's name. */
    public static String reason(IOException fault) {
        return switch (fault) {
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "part of the path is no folder";
            case FileAlreadyExistsException _ -> "there is a file of that name";
            case FileSystemException named when named.getReason() != null -> named.getReason().toLowerCase(Locale.ROOT);
            default -> fault.getMessage() == null ? fault.getClass().getSimpleName() : fault.getMessage();
        };
    }
}
