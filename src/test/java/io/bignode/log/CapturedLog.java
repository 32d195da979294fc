package io.bignode.log;

import java.text.MessageFormat;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What a logger, and those below it, told from its making until it is closed. */
public final class CapturedLog implements AutoCloseable {
    /** Held here, as the log manager alone would forget its level and handler. */
    private final Logger logger;

    private final @Nullable Level before;
    private final Queue<LogRecord> records = new ConcurrentLinkedQueue<>();

    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            records.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    /** Listens to the logger of a type. */
    public CapturedLog(Class<?> type) {
        this(type.getName(), Level.ALL);
    }

    /**
     * Listens to a logger.
     *
     * @param name  the logger's; empty for the root of all
     * @param least lines below this level are not logged while this listens
     */
    public CapturedLog(String name, Level least) {
        this.logger = Logger.getLogger(name);
        this.before = logger.getLevel();
        // Another test of this process may have quieted it, or those above it.
        logger.setLevel(least);
        handler.setLevel(least);
        logger.addHandler(handler);
    }

    /** What was told, in order. */
    public List<LogRecord> records() {
        return List.copyOf(records);
    }

    /** The same as messages alone, with their parameters. */
    public List<String> messages() {
        return records().stream().map(CapturedLog::message).toList();
    }

    /** The same as lines: level, message and what was thrown. */
    public List<String> lines() {
        return records().stream().map(CapturedLog::line).toList();
    }

    private static String message(LogRecord line) {
        Object[] parameters = line.getParameters();
        return parameters == null || parameters.length == 0 ? line.getMessage() : new MessageFormat(line.getMessage(), Locale.ROOT).format(parameters);
    }

    private static String line(LogRecord line) {
        return line.getLevel() + " " + message(line) + (line.getThrown() == null ? "" : " " + line.getThrown());
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setLevel(before);
    }
}
