package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MlNodeSettingsTest {
    @TempDir
    Path temp;

    private Map<String, String> environment(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(Map.of("DELEGATION_AUTH_TOKEN", "a-token-of-enough-characters", "DELEGATION_DATA_DIR", temp + "/data"));
        environment.putAll(more);
        return environment;
    }

    @Test
    void aPortAndAServerOfInferenceCount() throws Exception {
        MlNodeSettings settings = Settings.preview(environment(Map.of(
                "DELEGATION_MLNODE", "on", "DELEGATION_MLNODE_PORT", "9092", "DELEGATION_INFERENCE_URL", "https://vllm.example.org/model"))).mlNode();
        assertThat(settings.ownPort()).hasValue(9092);
        assertThat(settings.inference()).hasValue(URI.create("https://vllm.example.org/model"));
        assertThat(Settings.preview(environment(Map.of("DELEGATION_MLNODE_PORT", "9092"))).mlNode().ownPort()).as("while it is off").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "DELEGATION_MLNODE_PORT, 9090, 'is 9090, which is DELEGATION_PORT already; choose another, for instance 9092'",
        "DELEGATION_MLNODE_PORT, 9091, 'is 9091, which is DELEGATION_WORKER_PORT already; choose another, for instance 9092'",
        "DELEGATION_MLNODE_PORT, 70000, must be a whole number from 0 to 65535",
        "DELEGATION_INFERENCE_URL, vllm:8000, is no address of a server; write http://HOST:PORT",
        "DELEGATION_INFERENCE_URL, http://user:secret@vllm:8000, is no address of a server",
        "DELEGATION_INFERENCE_URL, http://127.0.0.1:8000/v1/, 'ends with /v1, which every call begins with itself'"
    })
    void whatCannotBeUsedIsNamedWithItsFix(String name, String value, String message) {
        Map<String, String> environment = environment(Map.of("DELEGATION_MLNODE", "on", "DELEGATION_WORKER_PORT", "9091", name, value));
        assertThatThrownBy(() -> Settings.preview(environment)).isInstanceOf(InvalidSettingsException.class).hasMessageContaining(name)
                .hasMessageContaining(message).hasMessageNotContaining("secret");
    }
}
