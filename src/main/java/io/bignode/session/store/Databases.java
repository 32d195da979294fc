package io.bignode.session.store;

import java.sql.SQLException;

/** What the two kinds of database have in common. */
final class Databases {
    /** The SQL state of failures found by the store itself: what was read is not what was written. */
    static final String DAMAGED = "XX001";

    private Databases() {}

    /** A failure, and what it came from, in one line. */
    static String what(SQLException failure) {
        String what = line(failure);
        Throwable root = failure;
        while (root.getCause() != null) root = root.getCause();
        return root == failure || what.contains(line(root)) ? what : what + " (" + line(root) + ")";
    }

    private static String line(Throwable failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.lines().findFirst().orElse(message).strip();
    }
}
