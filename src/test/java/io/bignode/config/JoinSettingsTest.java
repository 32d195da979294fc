package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The heads that a worker joins. */
class JoinSettingsTest {
    private static final String ONE = "0123456789abcdef0123456789abcdef";
    private static final String TWO = "fedcba9876543210fedcba9876543210";
    private static final String PRINT = "5f2c".repeat(16);
    private static final String OTHER_PRINT = "ce95".repeat(16);

    @TempDir
    Path folder;

    private final Map<String, String> environment = new TreeMap<>();

    @BeforeEach
    void twoHeads() {
        environment.put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
        environment.put("DELEGATION_JOIN", "a.example.org:9091, [::1]:9191");
        environment.put("DELEGATION_JOIN_FINGERPRINT", PRINT + "," + OTHER_PRINT);
        environment.put("DELEGATION_JOIN_TOKEN", ONE + "," + TWO);
    }

    private String faults() {
        return String.join("\n", catchThrowableOfType(InvalidSettingsException.class, () -> JoinSettings.load(environment)).faults().stream()
                .map(Object::toString).toList());
    }

    @Test
    void eachHeadHasItsFingerprintAndItsToken() throws Exception {
        assertThat(JoinSettings.load(environment).heads()).satisfiesExactly(
                head -> {
                    assertThat(head.target()).hasToString("a.example.org:9091");
                    assertThat(head.fingerprint()).contains(PRINT);
                    assertThat(head.token().secret()).isEqualTo(ONE);
                    assertThat(head.toString()).doesNotContain(ONE);
                },
                head -> {
                    assertThat(head.target()).isEqualTo(new JoinSettings.Target("::1", 9191)).hasToString("[::1]:9191");
                    assertThat(head.fingerprint()).contains(OTHER_PRINT);
                    assertThat(head.token().secret()).isEqualTo(TWO);
                });
    }

    @Test
    void oneTokenCountsForAllAndAFingerprintMayBeLeftOut() throws Exception {
        environment.put("DELEGATION_JOIN_TOKEN", ONE);
        environment.put("DELEGATION_JOIN_FINGERPRINT", "," + OTHER_PRINT);
        assertThat(JoinSettings.load(environment).heads()).extracting(head -> head.token().secret()).containsExactly(ONE, ONE);
        assertThat(JoinSettings.load(environment).heads()).extracting(JoinSettings.Head::fingerprint).containsExactly(Optional.empty(), Optional.of(OTHER_PRINT));
        environment.remove("DELEGATION_JOIN_FINGERPRINT");
        assertThat(JoinSettings.load(environment).heads()).extracting(JoinSettings.Head::fingerprint).containsOnly(Optional.empty());
    }

    @Test
    void aSingleHeadsTokenMayHoldACommaAsBefore() throws Exception {
        environment.putAll(Map.of("DELEGATION_JOIN", "a.example.org:9091", "DELEGATION_JOIN_TOKEN", ONE + "," + TWO, "DELEGATION_JOIN_FINGERPRINT", PRINT));
        assertThat(JoinSettings.load(environment).heads()).singleElement().extracting(head -> head.token().secret()).isEqualTo(ONE + "," + TWO);
    }

    @Test
    void everyFaultIsNamedWithItsHead() {
        environment.put("DELEGATION_JOIN", "a:9091,b,c:9091");
        environment.put("DELEGATION_JOIN_FINGERPRINT", PRINT + "," + PRINT + ",12");
        environment.put("DELEGATION_JOIN_TOKEN", ONE + "," + TWO + ",short");
        assertThat(faults()).contains(
                "DELEGATION_JOIN is 'b'; it must be HOST:PORT", "DELEGATION_JOIN_FINGERPRINT for c:9091 must be the 64 hexadecimal digits",
                "DELEGATION_JOIN_TOKEN for c:9091 ").doesNotContain("'short'");
    }

    @Test
    void listsOfOtherLengthsAndAHeadThatStandsTwiceAreRefused() {
        environment.put("DELEGATION_JOIN", "a:9091,b:9091,a:9091");
        assertThat(faults()).contains(
                "DELEGATION_JOIN names a:9091 more than once", "DELEGATION_JOIN_FINGERPRINT has 2 fingerprints and DELEGATION_JOIN has 3 heads; give one for each",
                "DELEGATION_JOIN_TOKEN has 2 tokens and DELEGATION_JOIN has 3 heads; give one for each, in the same order, or a single one for all of them");
        environment.put("DELEGATION_JOIN", "a:9091");
        environment.put("DELEGATION_JOIN_TOKEN", ONE);
        assertThat(faults()).isEqualTo("DELEGATION_JOIN_FINGERPRINT has 2 fingerprints and DELEGATION_JOIN has 1 head; give that head's alone");
    }
}
