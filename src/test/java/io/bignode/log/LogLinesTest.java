package io.bignode.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private static final String SECRET = "a-secret-of-some-length";

    private final Secrets secrets = new Secrets();

    @Test
    void anEventIsALineOfTimeLevelAndMessage() {
        assertThat(text(false).format(entry(Level.WARNING, "session {0} is late by {1}", "ab12", "3 s"))).isEqualTo(
                "2026-11-24T12:00:00.250+0000 WARNING session ab12 is late by 3 s" + System.lineSeparator());
    }

    @Test
    void whatAMessageIsAboutBecomesFields() throws Exception {
        JsonNode line = json(entry(Level.SEVERE, "device {0} failed on lease {1} of session {2}: {3}", "cuda:0", "l-1", "ab12", "worker {0}"));

        assertThat(line.get("time").textValue()).isEqualTo("2026-11-24T12:00:00.250Z");
        assertThat(line.get("level").textValue()).isEqualTo("ERROR");
        assertThat(line.get("logger").textValue()).isEqualTo("Worker");
        assertThat(line.get("message").textValue()).isEqualTo("device cuda:0 failed on lease l-1 of session ab12: worker {0}");
        assertThat(line.get("device").textValue()).isEqualTo("cuda:0");
        assertThat(line.get("lease").textValue()).isEqualTo("l-1");
        assertThat(line.get("session").textValue()).isEqualTo("ab12");
        assertThat(line.has("worker")).as("a word in a parameter is no field").isFalse();
        assertThat(line.has("error")).isFalse();
    }

    @Test
    void aMessageIsOneLineWhateverIsInIt() throws Exception {
        String nasty = "a\r\nb\u001b[2J\u2028c\u202ed\u0000\t{0";
        String line = text(false).format(entry(Level.INFO, nasty));
        assertThat(line.strip()).endsWith("a\\r\\nb\\u001b[2J\\u2028c\\u202ed\\u0000\\t{0");
        String object = new JsonLines(secrets).format(entry(Level.INFO, "it said {0}", nasty));
        assertThat(object.lines()).hasSize(1);
        assertThat(object).endsWith("}\n").matches("\\p{ASCII}*");
        assertThat(new ObjectMapper().readTree(object).get("message").textValue()).isEqualTo("it said " + nasty);
    }

    @Test
    void aTraceFollowsAnErrorAndAnythingElseWhenAskedFor() {
        LogRecord warning = entry(Level.WARNING, "it failed");
        warning.setThrown(new IllegalStateException("of\nreasons"));

        assertThat(text(false).format(warning).lines()).singleElement().asString().endsWith("it failed: java.lang.IllegalStateException: of\\nreasons");
        assertThat(text(true).format(warning).lines().skip(1)).hasSizeGreaterThan(1).allMatch(line -> line.startsWith("    "));
        warning.setLevel(Level.SEVERE);
        assertThat(text(false).format(warning).lines().count()).isGreaterThan(2);
    }

    @Test
    void aTraceIsOneFieldAndAParameterWithoutAPlaceMayCarryIt() throws Exception {
        JsonNode line = json(entry(Level.SEVERE, "device {0} failed", "cpu", new IllegalStateException("why")));
        assertThat(line.get("error").textValue()).startsWith("java.lang.IllegalStateException: why\n\tat ");
        assertThat(json(entry(Level.SEVERE, "it failed: {0}", new IllegalStateException("why"))).has("error")).isFalse();
    }

    @Test
    void aKnownSecretIsNeverWritten() {
        secrets.add(List.of(SECRET, "short"));
        LogRecord entry = entry(Level.SEVERE, "session {0} sent {1}, a short text", SECRET, "x" + SECRET);
        entry.setThrown(new IllegalStateException("token " + SECRET, new IllegalArgumentException(SECRET)));
        for (Formatter lines : List.of(text(true), new JsonLines(secrets))) {
            assertThat(lines.format(entry)).doesNotContain(SECRET).contains("[secret]").contains("short");
        }
    }

    /** The records come as the program's own logger makes them. */
    @Test
    void thePlatformsLoggerHandsParametersOn() throws Exception {
        List<LogRecord> entries = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                entries.add(entry);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.bignode.log.LogLinesTest");
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            System.getLogger(logger.getName()).log(System.Logger.Level.ERROR, "worker {0} left, {1} leases", "host-7", 1234, new IllegalStateException("x"));
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        JsonNode line = json(entries.getFirst());
        assertThat(line.get("worker").textValue()).isEqualTo("host-7");
        assertThat(line.get("message").textValue()).isEqualTo("worker host-7 left, 1,234 leases");
        assertThat(line.get("error").textValue()).contains("IllegalStateException: x");
    }

    private TextLines text(boolean traces) {
        return new TextLines(secrets, traces, ZoneOffset.UTC);
    }

    private JsonNode json(LogRecord entry) throws Exception {
        return new ObjectMapper().readTree(new JsonLines(secrets).format(entry));
    }

    private static LogRecord entry(Level level, String message, Object... parameters) {
        LogRecord entry = new LogRecord(level, message);
        entry.setInstant(Instant.parse("2026-11-24T12:00:00.250Z"));
        entry.setLoggerName("io.bignode.worker.Worker");
        entry.setParameters(parameters);
        return entry;
    }
}
