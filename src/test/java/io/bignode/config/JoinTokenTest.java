package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who holds the join token may drain workers and join as one, so that it must be nobody else's. */
class JoinTokenTest {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final String OTHER = "fedcba9876543210fedcba9876543210";

    @TempDir
    Path folder;

    private final Map<String, String> environment = new TreeMap<>();

    @BeforeEach
    void aFolderOfItsOwn() {
        environment.put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
        environment.put("DELEGATION_JOIN_TOKEN", TOKEN);
    }

    @Test
    void oneOfItsOwnIsTaken() throws Exception {
        environment.put("DELEGATION_AUTH_TOKEN", OTHER);
        tokensFile(OTHER);
        assertThat(Settings.preview(environment).broker().givenToken()).isPresent();
    }

    @Test
    void oneThatSmallNodesShowIsRefused() {
        environment.put("DELEGATION_AUTH_TOKEN", TOKEN);
        refused("DELEGATION_JOIN_TOKEN is the same as DELEGATION_AUTH_TOKEN");
    }

    @Test
    void oneThatIsKeptAsTheSmallNodesIsRefused() throws Exception {
        Path kept = Files.createDirectories(folder.resolve("data")).resolve("token");
        Files.writeString(kept, TOKEN + "\n");
        Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("rw-------"));
        refused("DELEGATION_JOIN_TOKEN is the same as DELEGATION_AUTH_TOKEN");
    }

    @Test
    void oneOfATenantIsRefused() throws Exception {
        environment.put("DELEGATION_AUTH_TOKEN", OTHER);
        tokensFile(TOKEN);
        refused("DELEGATION_JOIN_TOKEN is a tenant's in " + folder.resolve("tokens"));
    }

    private void tokensFile(String token) throws Exception {
        Path file = Files.writeString(folder.resolve("tokens"), new TenantToken("alice", TenantToken.HexDigest.of(Token.of(token)), 5, 1).line() + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        environment.put("DELEGATION_TOKENS_FILE", file.toString());
    }

    private void refused(String why) {
        assertThatThrownBy(() -> Settings.preview(environment))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining(why)
                .hasMessageNotContaining(TOKEN);
    }
}
