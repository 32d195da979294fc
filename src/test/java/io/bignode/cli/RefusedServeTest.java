package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.Alarms;
import io.bignode.session.Change;
import io.bignode.session.NonceSequence;
import io.bignode.session.store.SqlStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bignode serve} on a data folder it cannot serve from: it says why and what to do, and ends with 3. */
@Timeout(120)
class RefusedServeTest {
    @TempDir
    Path folder;

    private SqlStore open() throws Exception {
        SqlStore store = SqlStore.inFolder(folder, new Alarms(InstantSource.system()), (_, _) -> {});
        store.load();
        return store;
    }

    private String serve() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.bignode.Main",
                "serve");
        builder.environment().put("DELEGATION_AUTH_TOKEN", "a-token-of-the-test-alone");
        builder.environment().put("DELEGATION_HOST", "127.0.0.1");
        builder.environment().put("DELEGATION_PORT", "0");
        builder.environment().put("DELEGATION_DATA_DIR", folder.toString());
        builder.redirectErrorStream(true);
        Process process = builder.start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isEqualTo(ExitCode.ENVIRONMENT);
            return said;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void anotherHeadOnTheFolderIsNamed() throws Exception {
        try (SqlStore other = open()) {
            assertThat(other.refusal()).isEmpty();
            assertThat(serve()).contains("another head (process " + ProcessHandle.current().pid() + ")").doesNotContain("internal error");
        }
    }

    @Test
    void aStoreThatContradictsItselfIsNotServedFrom() throws Exception {
        try (SqlStore store = open()) {
            store.write(List.of(new Change.LineageBegun(1, "default", "key", new NonceSequence(0, 1)), new Change.GapOpened(1, 5, 9))).await();
        }
        assertThat(serve()).contains("contradicts itself").contains("put a backup in its place").doesNotContain("internal error");
    }
}
