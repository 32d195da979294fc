package io.bignode.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Program;
import io.bignode.monitor.Alarms;
import io.bignode.node.ExitCode;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.Change;
import io.bignode.session.store.SqlStore;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
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

    private ProcessBuilder serving(String... settings) {
        ProcessBuilder builder = Program.bignode("serve");
        builder.environment().put("DELEGATION_AUTH_TOKEN", "a-token-of-the-test-alone");
        builder.environment().put("DELEGATION_HOST", "127.0.0.1");
        builder.environment().put("DELEGATION_PORT", "0");
        builder.environment().put("DELEGATION_DATA_DIR", folder.toString());
        for (int i = 0; i < settings.length; i += 2) builder.environment().put(settings[i], settings[i + 1]);
        builder.environment().remove("HF_HOME");
        return builder.redirectErrorStream(true);
    }

    private String serve(String... settings) throws Exception {
        Process process = serving(settings).start();
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
    @Tag("full")
    void rootLeavesNothingInTheFolderOfAnotherUser() throws Exception {
        Assumptions.assumeTrue(Files.getOwner(folder).getName().equals("root"), "only root may give a folder away");
        Files.setOwner(folder, folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        assertThat(serve("DELEGATION_AUTH_TOKEN", "")).contains("belongs to nobody");
        assertThat(serve("DELEGATION_AUTH_TOKEN", "", "DELEGATION_DATA_DIR", folder.resolve("share/bignode").toString()))
                .contains("would be made in " + folder);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aNodeThatIsToldToStopWhileItStartsTellsOfItAndEndsWell() throws Exception {
        Process process = serving().start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            StringBuilder said = new StringBuilder();
            while (!said.toString().contains("Big Node starts:")) said.append(out.readLine()).append('\n');
            process.toHandle().destroy(); // its own method would close what is still to be read
            out.lines().forEach(line -> said.append(line).append('\n'));
            assertThat(process.waitFor()).as(said.toString()).isEqualTo(ExitCode.OK);
            assertThat(said).contains("stopping: ").contains("stopped");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @Tag("full")
    void aStoreThatContradictsItselfIsNotServedFrom() throws Exception {
        try (SqlStore store = open()) {
            store.write(List.of(new Change.LineageBegun(1, "default", "key", new NonceSequence(0, 1)), new Change.GapOpened(1, 5, 9))).await();
        }
        assertThat(serve()).contains("contradicts itself").contains("put a backup in its place").doesNotContain("internal error");
    }

    /** Small nodes are served by then, but a node without what it was told to compute with is none. */
    @Test
    void aGpuThatIsNamedAndNotThereEndsTheNodeThatServesAlreadyAndTheDataFolderIsItsOwnersAlone() throws Exception {
        Path data = folder.resolve("share/bignode");
        assertThat(serve("DELEGATION_DATA_DIR", data.toString(), "DELEGATION_DEVICES", "999"))
                .contains("listening on", "bignode: DELEGATION_DEVICES names cuda:999, which is not among")
                .doesNotContain("internal error");
        assertThat(data.resolve("cache/pools")).isDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data))).isEqualTo("rwx------");
    }

    @Test
    void aWorkerPortInUseEndsItLikewise() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String port = Integer.toString(other.getLocalPort());
            assertThat(serve("DELEGATION_DEVICES", "none", "DELEGATION_WORKER_HOST", "127.0.0.1", "DELEGATION_WORKER_PORT", port))
                    .contains("bignode: workers cannot be listened for on 127.0.0.1:" + port, "DELEGATION_WORKER_PORT")
                    .doesNotContain("internal error");
        }
    }

    @Test
    @Tag("full")
    void aWorkerAddressOfAnotherHostIsToldAsSuch() throws Exception {
        assertThat(serve("DELEGATION_DEVICES", "none", "DELEGATION_WORKER_HOST", "192.0.2.7", "DELEGATION_WORKER_PORT", "0"))
                .contains("that is no address of this host. Set DELEGATION_WORKER_HOST to one")
                .doesNotContain("another node", "internal error");
    }

    @Test
    @Tag("full")
    void aCertificateForWorkersThatCannotBeReadIsToldBeforeAnybodyIsServed() throws Exception {
        Path file = Files.writeString(folder.resolve("worker-tls.p12"), "no certificate");
        assertThat(serve("DELEGATION_WORKER_PORT", "0", "DELEGATION_WORKER_HOST", "127.0.0.1")).contains("the certificate for workers in " + file)
                .doesNotContain("Watch it at");
    }
}
