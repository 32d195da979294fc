package io.bignode.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.text.MessageFormat;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A log record, read.
 *
 * @param level   in the words of {@link System.Logger.Level}
 * @param logger  its name without the package
 * @param message with its parameters in their places
 * @param fields  what it is about, by name: where a message's template says {@code session {0}}, parameter 0 is a session's id, and where it says
 *                {@code valid={1}}, parameter 1 is a figure, a number where it was given as one
 * @param thrown  what went wrong; also where it is the last parameter and the template has no place for it
 */
record Event(Instant time, String level, String logger, String message, Map<String, Object> fields, Optional<Throwable> thrown) {
    private static final Pattern FIELD =
            Pattern.compile("\\b(session|lease|device|worker|tenant|alarm|block|model) \\{(\\d)[^}]*}|\\b([a-z][a-z_]*)=\\{(\\d)[^}]*}");
    private static final Pattern PLACE = Pattern.compile("\\{\\d");

    Event {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    static Event of(LogRecord entry) {
        String template = String.valueOf(entry.getMessage());
        Object[] parameters = entry.getParameters() == null ? new Object[0] : entry.getParameters();
        Map<String, Object> fields = new LinkedHashMap<>();
        Matcher places = FIELD.matcher(template);
        while (places.find()) {
            boolean subject = places.group(1) != null;
            int index = Integer.parseInt(places.group(subject ? 2 : 4));
            if (index < parameters.length) fields.putIfAbsent(places.group(subject ? 1 : 3), value(parameters[index]));
        }
        String name = String.valueOf(entry.getLoggerName());
        return new Event(
                entry.getInstant(), level(entry.getLevel()), name.substring(name.lastIndexOf('.') + 1), message(template, parameters), fields,
                thrown(entry, template, parameters));
    }

    private static Object value(Object parameter) {
        return parameter instanceof Number || parameter instanceof Boolean ? parameter : String.valueOf(parameter);
    }

    /** The message with its parameters in place. A template that cannot be read, as a library's may be, is written as it stands. */
    private static String message(String template, Object[] parameters) {
        if (parameters.length == 0 || !PLACE.matcher(template).find()) return template;
        try {
            return new MessageFormat(template, Locale.ROOT).format(parameters);
        } catch (IllegalArgumentException none) {
            return template;
        }
    }

    private static Optional<Throwable> thrown(LogRecord entry, String template, Object[] parameters) {
        if (entry.getThrown() != null) return Optional.of(entry.getThrown());
        int last = parameters.length - 1;
        boolean hasNoPlace = last >= 0 && !template.contains("{" + last);
        return hasNoPlace && parameters[last] instanceof Throwable failure ? Optional.of(failure) : Optional.empty();
    }

    private static String level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) return "ERROR";
        if (level.intValue() >= Level.WARNING.intValue()) return "WARNING";
        if (level.intValue() >= Level.INFO.intValue()) return "INFO";
        return level.intValue() >= Level.FINE.intValue() ? "DEBUG" : "TRACE";
    }

    /** The whole stack trace of a failure, in lines. */
    static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString().stripTrailing();
    }
}
