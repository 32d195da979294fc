package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.deploy.Sandbox.Outcome;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How the launcher makes and uses the ahead-of-time cache, with a Java that only notes what it is asked for. {@code DistributionIT} does so with a real
 * one.
 */
@Timeout(600)
class LauncherCacheTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private Sandbox sandbox;

    @BeforeEach
    void anInstallationAndAJava() throws IOException {
        sandbox = new Sandbox(folder, "basename", "cksum", "dirname", "find", "mkdir", "mv", "readlink", "rm", "sed", "touch");
        for (String tool : List.of("flock", "nice")) if (Sandbox.has(tool)) sandbox.allow(tool);
        sandbox.file("opt/bignode/lib/bignode.jar", "first");
        sandbox.copy("bignode", "opt/bignode/bin/bignode");
        sandbox.set("DELEGATION_DATA_DIR", sandbox.path("data"));
        // Makes what it is asked to make; as a node it tells whether it got a cache that is whole.
        java("""
                for argument; do
                  case $argument in
                    -XX:AOTCacheOutput=*) echo half >"${argument#*=}"; echo training >>"$NOTES"
                            [[ ! -e $GATE ]] || read -r _ <"$GATE"
                            echo whole >"${argument#*=}"; exit 0 ;;
                    -XX:AOTCache=*) echo "cache ${argument#*=}"; read -r state <"${argument#*=}"; echo "$state" ;;
                  esac
                done
                """);
        sandbox.set("NOTES", sandbox.path("notes")).set("GATE", sandbox.path("gate"));
    }

    private void java(String lines) throws IOException {
        sandbox.script("opt/bignode/runtime/bin/java", lines);
        sandbox.file("opt/bignode/runtime/release", "JAVA_VERSION=\"25.0.3\"\n");
    }

    private Outcome bignode(String... arguments) throws Exception {
        return sandbox.run(sandbox.path("opt/bignode/bin/bignode"), arguments);
    }

    private List<Path> caches(String where) throws IOException {
        if (!Files.exists(sandbox.path(where))) return List.of();
        try (Stream<Path> files = Files.list(sandbox.path(where))) {
            return files.filter(file -> file.toString().endsWith(".aot")).toList();
        }
    }

    @FunctionalInterface
    private interface Wanted {
        boolean holds() throws IOException;
    }

    private static void await(String what, Wanted wanted) throws Exception {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (!wanted.holds()) {
            assertThat(System.nanoTime()).as("waited in vain for " + what).isLessThan(deadline);
            Thread.sleep(10);
        }
    }

    private Path cacheThatANodeMade() throws Exception {
        bignode("serve");
        await("a cache", () -> !caches("data/cache").isEmpty());
        return caches("data/cache").getFirst();
    }

    /** Trainings wait in this gate until something is written to it. */
    private Path gate() throws Exception {
        Path gate = sandbox.path("gate");
        assertThat(new ProcessBuilder("mkfifo", gate.toString()).start().waitFor()).isZero();
        return gate;
    }

    private long trainings() throws IOException {
        return Files.exists(sandbox.path("notes")) ? Files.readAllLines(sandbox.path("notes")).size() : 0;
    }

    @Test
    void theFirstStartOfANodeMakesOneBesideItInItsOwnFolderAndTheNextUsesIt() throws Exception {
        Path cache = cacheThatANodeMade();

        assertThat(cache.getFileName().toString()).matches("bignode-25\\.0\\.3-\\d+-5\\.aot");
        assertThat(bignode("serve").out()).isEqualTo("cache " + cache + "\nwhole\n");
        assertThat(trainings()).isEqualTo(1);
    }

    /** The launcher may be faster than the node, which would make it so too. */
    @Test
    void theDataFolderThatIsMadeOnTheWayIsItsOwnersAlone() throws Exception {
        cacheThatANodeMade();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(sandbox.path("data")))).isEqualTo("rwx------");
    }

    @Test
    void rootMakesNoneInTheFolderOfAnotherUser() throws Exception {
        Assumptions.assumeTrue(Files.getOwner(folder).getName().equals("root"), "only root may give a folder away");
        Path other = Files.createDirectory(sandbox.path("another-user"));
        Files.setOwner(other, other.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        sandbox.set("DELEGATION_DATA_DIR", other.resolve("share/data"));
        bignode("serve");

        assertThat(other).isEmptyDirectory();
    }

    @Test
    void otherCommandsNeitherMakeNorUseOne() throws Exception {
        bignode("doctor");
        assertThat(trainings()).isZero();
        cacheThatANodeMade();

        assertThat(bignode("doctor").out()).isEmpty();
    }

    @Test
    void anotherBuildOfTheSameSizeAndDateMakesItsOwnAndTheOldOneGoes() throws Exception {
        Path first = cacheThatANodeMade();
        Path jar = sandbox.path("opt/bignode/lib/bignode.jar");
        var dated = Files.getLastModifiedTime(jar);
        Files.writeString(jar, "other");
        Files.setLastModifiedTime(jar, dated);

        bignode("serve");
        await("its own cache alone", () -> !Files.exists(first) && caches("data/cache").size() == 1);
        assertThat(bignode("serve").out()).startsWith("cache " + caches("data/cache").getFirst());
    }

    @Test
    void whatIsNotWholeYetIsUsedByNobodyAndTwoNodesTrainOnce() throws Exception {
        Assumptions.assumeTrue(Sandbox.has("flock"), "this machine has no flock, without which launchers do not know of each other");
        Path gate = gate();
        bignode("serve");
        await("a training", () -> trainings() == 1);

        assertThat(bignode("serve").out()).isEmpty();
        Files.writeString(gate, "go on\n");
        await("a cache", () -> !caches("data/cache").isEmpty());
        assertThat(bignode("serve").out()).endsWith("whole\n");
        assertThat(trainings()).isEqualTo(1);
    }

    @Test
    void anInstallerMakesItBesideTheInstallationForEveryNodeThere() throws Exception {
        sandbox.set("BIGNODE_AOT", "make");
        assertThat(bignode().exit()).isZero();
        sandbox.set("BIGNODE_AOT", "");

        assertThat(caches("opt/bignode/aot")).hasSize(1);
        assertThat(bignode("serve").out()).isEqualTo("cache " + caches("opt/bignode/aot").getFirst() + "\nwhole\n");
        assertThat(trainings()).isEqualTo(1);
    }

    @Test
    void aJavaThatCannotMakeOneIsNotAskedAgainAndAnInstallerIsTold() throws Exception {
        java("for argument; do [[ $argument != -XX:AOTCacheOutput=* ]] || { echo half >\"${argument#*=}\"; echo training >>\"$NOTES\"; exit 1; }; done\n");
        bignode("serve");
        await("a note that it cannot", () -> {
            try (Stream<Path> files = Files.list(sandbox.path("data/cache"))) {
                return files.anyMatch(file -> file.toString().endsWith(".failed"));
            } catch (NoSuchFileException e) {
                return false;
            }
        });
        bignode("serve");

        sandbox.set("BIGNODE_AOT", "make");
        assertThat(bignode().exit()).isEqualTo(1);
        assertThat(trainings()).isEqualTo(2);
        assertThat(caches("data/cache")).isEmpty();
        assertThat(caches("opt/bignode/aot")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xshare:off", "-XX:AOTMode=off", "-XX:SharedArchiveFile=mine.jsa"})
    void anOperatorWhoSpeaksOfSuchCachesIsLeftAlone(String option) throws Exception {
        cacheThatANodeMade();

        assertThat(sandbox.set("BIGNODE_JAVA_OPTS", option).run(sandbox.path("opt/bignode/bin/bignode"), "serve").out()).isEmpty();
    }

    @Test
    void whereNothingMayBeWrittenItStartsAsBefore() throws Exception {
        sandbox.set("DELEGATION_DATA_DIR", "/proc/nowhere"); // not even root makes a folder there

        Outcome outcome = bignode("serve");

        assertThat(outcome.exit()).isZero();
        assertThat(outcome.out() + outcome.err()).isEmpty();
        assertThat(trainings()).isZero();
    }

    @Test
    void aNodeThatServesIsNotHeldUpByTheTraining() throws Exception {
        Path gate = gate();

        Process node = sandbox.start(sandbox.path("opt/bignode/bin/bignode"), Redirect.PIPE, Redirect.PIPE, "serve");

        // Its output ends as well: the training holds neither.
        assertThat(node.getInputStream().readAllBytes()).isEmpty();
        assertThat(Sandbox.exit(node)).isZero();
        Files.writeString(gate, "go on\n");
        await("a cache", () -> !caches("data/cache").isEmpty());
    }
}
