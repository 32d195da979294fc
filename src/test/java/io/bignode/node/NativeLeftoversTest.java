package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Program;
import io.bignode.monitor.Alarms;
import io.bignode.session.store.SqlStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole processes on one data folder: whatever ended the last one, native libraries do not pile up, and one that cannot be loaded is told as that. */
@Timeout(240)
class NativeLeftoversTest {
    private static final int FAILS_SETTINGS = 2;

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : started) process.destroyForcibly().waitFor();
    }

    private Process start(List<String> options, String command, String... settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(Program.command(options, "io.bignode.Main", List.of(command))).redirectErrorStream(true);
        builder.environment().put("DELEGATION_AUTH_TOKEN", "a-token-of-the-test-alone");
        builder.environment().put("DELEGATION_HOST", "127.0.0.1");
        builder.environment().put("DELEGATION_PORT", "0");
        builder.environment().put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
        builder.environment().put("DELEGATION_DEVICES", "none");
        for (int i = 0; i < settings.length; i += 2) builder.environment().put(settings[i], settings[i + 1]);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Process node(List<String> options) throws IOException {
        Process process = start(options, "serve");
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = out.readLine(); ; line = out.readLine()) {
            if (line == null) throw new AssertionError("it did not start: " + lines);
            lines.add(line);
            if (line.contains("Watch it at")) break;
        }
        Thread.ofVirtual().start(() -> drain(out));
        return process;
    }

    /** Reads what is not of interest, so that the process never waits for a reader. */
    private static void drain(BufferedReader out) {
        try (out) {
            while (out.readLine() != null) {}
        } catch (IOException e) {
            // the process was killed
        }
    }

    private String said(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private List<Path> libraries() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".so")).toList();
        }
    }

    @Test
    void aKillAStopAndRefusalsLeaveNoMoreThanTheLastOnesLibraries() throws Exception {
        leftovers(List.of(true, false));
    }

    @Test
    @Tag("full")
    void startsStopsKillsAndRefusalsLeaveNoMoreThanTheLastOnesLibraries() throws Exception {
        leftovers(List.of(true, false, true));
    }

    /** @param kills for each node, one after the other, whether it is killed and not stopped */
    private void leftovers(List<Boolean> kills) throws Exception {
        List<String> options = List.of("-Djava.io.tmpdir=" + Files.createDirectory(folder.resolve("tmp")));
        for (boolean kill : kills) {
            Process node = node(options);
            assertThat(libraries()).as("one SQLite, of the node that runs").hasSize(1);
            if (kill) node.destroyForcibly().waitFor();
            else node.destroy();
            node.waitFor();
            assertThat(libraries()).hasSizeLessThanOrEqualTo(kill ? 1 : 0);
        }
        Process refused = start(options, "serve", "DELEGATION_MAX_SESSIONS", "none at all");
        assertThat(said(refused)).contains("DELEGATION_MAX_SESSIONS");
        assertThat(refused.waitFor()).isEqualTo(FAILS_SETTINGS);
        Files.writeString(folder.resolve("data/sessions.db"), "no store at all, whatever may have happened to it");
        Process unusable = start(options, "serve");
        assertThat(said(unusable)).contains("sessions.db");
        assertThat(unusable.waitFor()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(libraries()).isEmpty();
        assertThat(folder.resolve("tmp")).isEmptyDirectory();
    }

    /** Only another process can tell whether the first still holds its lock. */
    @Test
    @Tag("full")
    void doctorBesideANodeLeavesTheNodesLibrariesAlone() throws Exception {
        Process node = node(List.of());
        List<Path> before = libraries();

        assertThat(said(start(List.of(), "doctor"))).contains("ok    native");

        assertThat(node.isAlive()).isTrue();
        assertThat(libraries()).isEqualTo(before).hasSize(1);
    }

    @Test
    void aLibraryThatCannotBeLoadedIsNotToldAsADamagedStore() throws Exception {
        try (SqlStore store = SqlStore.inFolder(Files.createDirectories(folder.resolve("data")), new Alarms(InstantSource.system()), (_, _) -> {})) {
            store.load();
        }

        String said = said(start(List.of("-Dorg.sqlite.tmpdir=" + folder.resolve("nowhere")), "doctor"));

        assertThat(said.lines().filter(line -> line.contains(" store "))).singleElement().asString()
                .startsWith("FAIL")
                .contains("the store was not checked, because", "SQLite's native library cannot be loaded")
                .doesNotContain("move", "backup");
        assertThat(said).doesNotContain("\tat ");
    }

    @Test
    @Tag("full")
    void doctorFindsAStoreWellAlthoughTheTemporaryFolderIsUnusable() throws Exception {
        try (SqlStore store = SqlStore.inFolder(Files.createDirectories(folder.resolve("data")), new Alarms(InstantSource.system()), (_, _) -> {})) {
            store.load();
        }

        String said = said(start(List.of("-Djava.io.tmpdir=" + folder.resolve("nowhere")), "doctor"));

        assertThat(said.lines().filter(line -> line.contains(" store "))).singleElement().asString().startsWith("ok");
        assertThat(folder.resolve("data/native")).doesNotExist();
    }
}
