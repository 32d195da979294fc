package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogSettingsTest {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";

    @Test
    void textIsWrittenUnlessJsonIsAskedFor() {
        assertThat(LogSettings.lenient(Map.of()).json()).isFalse();
        assertThat(LogSettings.lenient(Map.of("DELEGATION_LOG_FORMAT", "text")).json()).isFalse();
        assertThat(LogSettings.lenient(Map.of("DELEGATION_LOG_FORMAT", "json")).json()).isTrue();
        assertThat(LogSettings.lenient(Map.of("DELEGATION_LOG_FORMAT", "xml")).json()).isFalse();
    }

    @Test
    void anotherFormatIsAFaultOfTheSettings() {
        assertThatThrownBy(() -> Settings.preview(Map.of("DELEGATION_LOG_FORMAT", "xml", "DELEGATION_AUTH_TOKEN", TOKEN)))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("DELEGATION_LOG_FORMAT is 'xml'; it must be text or json");
    }

    @Test
    void theSecretsOfTheEnvironmentAreKnown() {
        assertThat(LogSettings.secrets(Map.of(
                        "DELEGATION_AUTH_TOKEN", " first ", "DELEGATION_JOIN_TOKEN", "second", "DELEGATION_BROKER_PASSWORD", "third",
                        "DELEGATION_DB_URL", "jdbc:postgresql://h/d?user=u&password=fourth&sslpassword=fifth",
                        "DELEGATION_BROKER_URL", "tcp://h:1?trustStorePassword=sixth;x=y")))
                .containsExactlyInAnyOrder("first", "second", "third", "fourth", "fifth", "sixth");
    }
}
