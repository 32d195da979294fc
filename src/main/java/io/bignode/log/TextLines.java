package io.bignode.log;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Lines for people: time, level, what happened. Of an error, and of everything where it is asked for, the stack trace follows, indented. */
final class TextLines extends Formatter {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxx");

    private final Secrets secrets;
    private final boolean traces;
    private final ZoneId zone;

    TextLines(Secrets secrets, boolean traces, ZoneId zone) {
        this.secrets = secrets;
        this.traces = traces;
        this.zone = zone;
    }

    @Override
    public String format(LogRecord entry) {
        Event event = Event.of(entry);
        StringBuilder line = new StringBuilder(160);
        line.append(TIME.format(event.time().atZone(zone))).append(String.format(" %-7s ", event.level())).append(clean(event.message()));
        event.thrown().ifPresent(thrown -> {
            line.append(": ").append(clean(thrown.toString()));
            if (!traces && !event.level().equals("ERROR")) return;
            Event.trace(thrown).lines().forEach(more -> line.append(System.lineSeparator()).append("    ").append(clean(more.strip())));
        });
        return line.append(System.lineSeparator()).toString();
    }

    private String clean(String text) {
        return escaped(secrets.blotted(text));
    }

    /** A text on one line, which moves no cursor and turns no writing around. */
    static String escaped(String text) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            String written = switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> switch (c) {
                    case '\n' -> "\\n";
                    case '\r' -> "\\r";
                    case '\t' -> "\\t";
                    default -> String.format("\\u%04x", (int) c);
                };
                default -> null;
            };
            if (written != null && safe == null) safe = new StringBuilder(text.length() + 16).append(text, 0, i);
            if (safe == null) continue;
            if (written == null) {
                safe.append(c);
            } else {
                safe.append(written);
            }
        }
        return safe == null ? text : safe.toString();
    }
}
