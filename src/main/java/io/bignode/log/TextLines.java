package io.bignode.log;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * Lines for people: time, level, what happened. Of an error, and of everything where it is asked for, the stack trace follows, indented. For the journal
 * each line begins with its priority, sd-daemon(3), and has no time.
 */
final class TextLines extends Formatter {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxx");

    private final Secrets secrets;
    private final boolean traces;
    private final ZoneId zone;
    private final LineStyle style;

    TextLines(Secrets secrets, boolean traces, ZoneId zone, LineStyle style) {
        this.secrets = secrets;
        this.traces = traces;
        this.zone = zone;
        this.style = style;
    }

    @Override
    public String format(LogRecord entry) {
        Event event = Event.of(entry);
        String priority = style == LineStyle.JOURNAL ? priority(event.level()) : "";
        StringBuilder line = new StringBuilder(160).append(priority);
        if (style != LineStyle.JOURNAL) line.append(TIME.format(event.time().atZone(zone))).append(' ');
        String level = String.format(Locale.ROOT, "%-7s", event.level());
        line.append(style == LineStyle.COLOURED ? coloured(level, event.level()) : level).append(' ').append(clean(event.message()));
        event.thrown().ifPresent(thrown -> {
            line.append(": ").append(clean(thrown.toString()));
            if (!traces && !event.level().equals("ERROR")) return;
            Event.trace(thrown).lines().forEach(more -> line.append(System.lineSeparator()).append(priority).append("    ").append(clean(more.strip())));
        });
        return line.append(System.lineSeparator()).toString();
    }

    private static String priority(String level) {
        return switch (level) {
            case "ERROR" -> "<3>";
            case "WARNING" -> "<4>";
            case "INFO" -> "<6>";
            default -> "<7>";
        };
    }

    private static String coloured(String text, String level) {
        String colour = switch (level) {
            case "ERROR" -> "1;31";
            case "WARNING" -> "33";
            case "INFO" -> "32";
            default -> "2";
        };
        return "\u001b[" + colour + "m" + text + "\u001b[0m";
    }

    private String clean(String text) {
        return escaped(secrets.redacted(text));
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
                    default -> String.format(Locale.ROOT, "\\u%04x", (int) c);
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
