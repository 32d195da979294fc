package io.bignode.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.CapturedLog;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.logging.Formatter;
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
    void figuresBecomeFieldsOfTheirOwnTypes() throws Exception {
        JsonNode line = json(entry(
                Level.INFO, "sprint of session {0} is over: status={1} valid={2,number,0} idle_share={3,number,0.000} last={4} time={5}", "ab12", "expired",
                        12_345L,
                0.75, true, "no time"));

        assertThat(line.get("message").textValue()).isEqualTo("sprint of session ab12 is over: status=expired valid=12345 idle_share=0.750 last=true time=no time");
        assertThat(line.get("session").textValue()).isEqualTo("ab12");
        assertThat(line.get("status").textValue()).isEqualTo("expired");
        assertThat(line.get("valid").longValue()).isEqualTo(12_345);
        assertThat(line.get("valid").isIntegralNumber()).isTrue();
        assertThat(line.get("idle_share").doubleValue()).isEqualTo(0.75);
        assertThat(line.get("last").booleanValue()).isTrue();
        assertThat(line.get("time").textValue()).as("the event's own").isEqualTo("2026-11-24T12:00:00.250Z");
    }

    @Test
    void theJournalGetsAPriorityOnEachLineAndNoTime() {
        LogRecord error = entry(Level.SEVERE, "it failed");
        error.setThrown(new IllegalStateException("why"));
        TextLines journal = new TextLines(secrets, false, ZoneOffset.UTC, LineStyle.JOURNAL);

        assertThat(journal.format(entry(Level.WARNING, "look"))).isEqualTo("<4>WARNING look" + System.lineSeparator());
        assertThat(journal.format(entry(Level.INFO, "fine"))).startsWith("<6>INFO ");
        assertThat(journal.format(error).lines()).hasSizeGreaterThan(2).allMatch(line -> line.startsWith("<3>"));
    }

    @Test
    void aTerminalGetsTheLevelColouredAndNothingElse() {
        TextLines terminal = new TextLines(secrets, false, ZoneOffset.UTC, LineStyle.COLOURED);
        assertThat(terminal.format(entry(Level.WARNING, "look")))
                .isEqualTo("2026-11-24T12:00:00.250+0000 \u001b[33mWARNING\u001b[0m look" + System.lineSeparator());
        assertThat(terminal.format(entry(Level.INFO, "x\u001b[2J"))).contains("x\\u001b[2J");
    }

    @Test
    void whoAsksForJsonGetsItAndAFileGetsPlainText() {
        assertThat(LineStyle.of(true, Map.of("JOURNAL_STREAM", "8:1"))).isEqualTo(LineStyle.JSON);
        assertThat(LineStyle.of(false, Map.of("TERM", "xterm", "NO_COLOR", "1"))).isEqualTo(LineStyle.PLAIN);
        assertThat(LineStyle.of(false, Map.of("JOURNAL_STREAM", "0:0"))).as("a journal, but not the one that standard error is")
                .isNotEqualTo(LineStyle.JOURNAL);
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
        String name = "io.bignode.log.LogLinesTest";
        JsonNode line;
        try (CapturedLog log = new CapturedLog(name, Level.INFO)) {
            System.getLogger(name).log(System.Logger.Level.ERROR, "worker {0} left, {1} leases", "host-7", 1234, new IllegalStateException("x"));
            line = json(log.records().getFirst());
        }
        assertThat(line.get("worker").textValue()).isEqualTo("host-7");
        assertThat(line.get("message").textValue()).isEqualTo("worker host-7 left, 1,234 leases");
        assertThat(line.get("error").textValue()).contains("IllegalStateException: x");
    }

    private TextLines text(boolean traces) {
        return new TextLines(secrets, traces, ZoneOffset.UTC, LineStyle.PLAIN);
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
