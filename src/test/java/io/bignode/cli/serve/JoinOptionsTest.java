package io.bignode.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The options that name heads, over the settings of the environment. */
class JoinOptionsTest {
    private static final Map<String, String> SET = Map.of("DELEGATION_JOIN", "set:9091", "DELEGATION_JOIN_FINGERPRINT", "set", "DELEGATION_JOIN_TOKEN", "token");

    @Command
    private static final class Joining {
        @Mixin
        private final JoinOptions options = new JoinOptions();
    }

    private static JoinOptions options(String line) {
        Joining joining = new Joining();
        new CommandLine(joining).parseArgs(line.isEmpty() ? new String[0] : line.split(" "));
        return joining.options;
    }

    private static Map<String, String> over(String line) {
        return options(line).over(SET);
    }

    private static Map<String, String> joins(String heads, String fingerprints) {
        return Map.of("DELEGATION_JOIN", heads, "DELEGATION_JOIN_FINGERPRINT", fingerprints, "DELEGATION_JOIN_TOKEN", "token");
    }

    @Test
    void theyStandInPlaceOfTheSettings() {
        assertThat(over("")).isEqualTo(SET);
        assertThat(over("--join a:1 --fingerprint f")).isEqualTo(joins("a:1", "f"));
        assertThat(over("--join a:1")).isEqualTo(joins("a:1", "set"));
        assertThat(over("--fingerprint f")).isEqualTo(joins("set:9091", "f"));
    }

    @Test
    void aFingerprintBelongsToTheHeadBesideIt() {
        assertThat(over("--join a:1 --fingerprint f --join b:2 --fingerprint g")).isEqualTo(joins("a:1,b:2", "f,g"));
        assertThat(over("--join a:1 --join b:2 --fingerprint g")).isEqualTo(joins("a:1,b:2", ",g"));
        assertThat(over("--join a:1 --fingerprint f --join b:2")).isEqualTo(joins("a:1,b:2", "f,"));
    }

    @Test
    void aFingerprintWithoutAHeadIsSeen() {
        assertThat(options("--fingerprint f").hasFingerprintAlone()).isTrue();
        assertThat(options("--join a:1 --fingerprint f").hasFingerprintAlone()).isFalse();
        assertThat(options("--fingerprint f").joins()).isFalse();
    }
}
