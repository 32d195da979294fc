package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreSettingsTest {
    @TempDir
    Path temp;

    private Settings load(String url) throws InvalidSettingsException {
        return Settings.load(Map.of(
                "DELEGATION_AUTH_TOKEN", "a-token-of-the-test-alone", "DELEGATION_DATA_DIR", temp.toString(), "DELEGATION_DB_URL", url));
    }

    @Test
    void withoutAUrlSessionsAreKeptInTheDataFolder() throws Exception {
        assertThat(load("").store().postgresUrl()).isEmpty();
    }

    @Test
    void aUrlIsTakenAsItIsAndNeverPrinted() throws Exception {
        String url = "jdbc:postgresql://db.example/bignode?user=node&password=very-secret-word";
        Settings settings = load(url);
        assertThat(settings.store().postgresUrl()).contains(url);
        assertThat(settings.toString()).doesNotContain("secret").doesNotContain("db.example");
    }

    @Test
    void aUrlOfAnotherKindIsRefusedWithoutBeingRepeated() {
        assertThatExceptionOfType(InvalidSettingsException.class)
                .isThrownBy(() -> load("postgres://node:very-secret-word@db.example/bignode"))
                .satisfies(invalid -> assertThat(invalid.faults()).singleElement().satisfies(fault -> {
                    assertThat(fault.toString()).contains("DELEGATION_DB_URL").contains("jdbc:postgresql://HOST/DATABASE").doesNotContain("secret");
                }));
    }
}
