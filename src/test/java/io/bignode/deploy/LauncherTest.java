package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.deploy.Sandbox.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher {@code bignode}, in a checkout whose path holds a blank; the Javas it finds say what they were called with. */
class LauncherTest {
    private static final String SOURCE = "check out/src/main/java/Main.java";
    private static final Instant BUILT = Instant.parse("2026-01-01T12:00:00Z");

    @TempDir
    private Path folder;

    private Sandbox sandbox;
    private Path launcher;

    @BeforeEach
    void aCheckoutThatIsBuiltAndNoJava() throws IOException {
        sandbox = new Sandbox(folder, "basename", "dirname", "find", "head", "mkdir", "readlink", "rm", "sed", "touch");
        if (Sandbox.has("flock")) sandbox.allow("flock");
        launcher = sandbox.copy("bignode", "check out/bignode");
        sandbox.file("check out/pom.xml", "");
        sandbox.file(SOURCE, "");
        sandbox.file("check out/target/bignode.jar", "");
        for (String old : List.of("pom.xml", "src/main/java/Main.java", "src/main/java", "src/main")) {
            age("check out/" + old, BUILT.minusSeconds(60));
        }
        age("check out/target/bignode.jar", BUILT);
        sandbox.set("BIGNODE_JAVA_DIRS", sandbox.path("javas"));
        sandbox.set("BIGNODE_AOT", "off"); // the tests of the cache have a class of their own, LauncherCacheTest
    }

    @Test
    void runsTheJarWithTheJavaOfJavaHomeAndPassesArgumentsAndExitCodeOn() throws Exception {
        sandbox.set("JAVA_HOME", jdk("my jdk", "25.0.3"));

        Outcome outcome = sandbox.run(launcher, "compute", "a case.json");

        assertThat(outcome.out().lines())
                .startsWith(
                        "ran my jdk",
                        "CLASSPATH " + sandbox.path("check out/target/bignode.jar"),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow")
                .containsSequence("io.bignode.Main", "compute", "a case.json");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exit()).isEqualTo(42);
    }

    @Test
    void worksThroughSymbolicLinksRelativeOnesToo() throws Exception {
        sandbox.set("JAVA_HOME", jdk("jdk", "25"));
        Files.createDirectories(sandbox.path("usr/bin"));
        Files.createSymbolicLink(sandbox.path("usr/link"), launcher);
        Path link = Files.createSymbolicLink(sandbox.path("usr/bin/bignode"), Path.of("../link"));

        assertThat(sandbox.run(link).out().lines()).contains("CLASSPATH " + sandbox.path("check out/target/bignode.jar"));
    }

    @Test
    void goesOnToThePathWhenJavaHomeIsTooOld() throws Exception {
        sandbox.set("JAVA_HOME", jdk("old", "17.0.15"));
        Files.createSymbolicLink(sandbox.path("bin/java"), jdk("new", "26-ea").resolve("bin/java"));

        assertThat(sandbox.run(launcher).out()).startsWith("ran new\n");
    }

    @Test
    void searchesTheUsualFoldersWhenThePathHasNoJava() throws Exception {
        jdk("javas/a-8", "1.8.0_402");
        jdk("javas/b-17", "17.0.15");
        jdk("javas/c-25/Contents/Home", "25.0.1");

        assertThat(sandbox.run(launcher).out()).startsWith("ran javas/c-25/Contents/Home\n");
    }

    @Test
    void trustsTheReleaseFileWithoutStartingTheJava() throws Exception {
        Path home = jdk("javas/jdk", "8");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_VERSION=\"25.0.3\"\n");

        assertThat(sandbox.run(launcher).exit()).isEqualTo(42);
    }

    @Test
    void namesAllItLookedAtAndTheFixWhereNoJavaIsNewEnough() throws Exception {
        sandbox.set("JAVA_HOME", sandbox.path("gone"));
        Files.createSymbolicLink(sandbox.path("bin/java"), jdk("old", "17.0.15").resolve("bin/java"));
        jdk("javas/mute", "");

        Outcome outcome = sandbox.run(launcher, "serve");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .contains("needs Java 25 or newer")
                .contains(sandbox.path("gone") + ": no bin/java there")
                .contains(sandbox.path("old") + ": Java 17.0.15, too old")
                .contains(sandbox.path("javas/mute") + ": does not tell its version")
                .contains("install Temurin 25", "JAVA_HOME");
    }

    @Test
    void saysSoWhereThereIsNoJavaAtAll() throws Exception {
        Outcome outcome = sandbox.run(launcher);

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("JAVA_HOME  is not set", "PATH       has no java", "searched: " + sandbox.path("javas"));
    }

    @Test
    void optionsOfTheOperatorComeAfterOursSoThatTheyWin() throws Exception {
        sandbox.set("JAVA_HOME", jdk("jdk", "25")).set("BIGNODE_JAVA_OPTS", "-Xmx7g  -Da=*");

        assertThat(sandbox.run(launcher).out().lines()).containsSubsequence("-Xmx1g", "-XX:TrimNativeHeapInterval=60000", "-Xmx7g", "-Da=*", "io.bignode.Main");
    }

    /** The JVM names the option alone, and ends with 1, which is a failed check's code. */
    @Test
    void namesTheVariableWhoseOptionsJavaDoesNotTake() throws Exception {
        sandbox.set("JAVA_HOME", jdk("jdk", "25")).set("BIGNODE_JAVA_OPTS", "-Xmx 4g");
        sandbox.file("jdk/release", "JAVA_VERSION=\"25.0.3\"\n");
        sandbox.script("jdk/bin/java", "echo 'NOTE: Picked up JDK_JAVA_OPTIONS: -Da=b'; echo 'Picked up JAVA_TOOL_OPTIONS: -Dc=d'\n[[ \" $* \" != *' -Xmx '* ]] || { echo 'Invalid maximum heap size: -Xmx'; echo more; exit 1; }\nexit 42\n");

        Outcome outcome = sandbox.run(launcher, "serve");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("Java does not take the options in BIGNODE_JAVA_OPTS:\n  Invalid maximum heap size: -Xmx\n  Fix: ")
                .doesNotContain("more", "Picked up");
    }

    @Test
    void saysSoWhereTooFewFilesMayBeOpen() throws Exception {
        sandbox.set("JAVA_HOME", jdk("jdk", "25"));
        Path low = sandbox.script("low", "ulimit -n 64\nexec \"$BASH\" '" + launcher + "' \"$@\"\n");

        Outcome outcome = sandbox.run(low, "serve");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("only 64 files may be open", "ulimit -n 4096");
    }

    @Test
    void saysSoWhereItMayNotBuild() throws Exception {
        jdk("javas/jdk", "25");
        Files.delete(sandbox.path("check out/target/bignode.jar"));
        Files.delete(sandbox.path("check out/target"));
        sandbox.file("check out/target", "no folder");
        maven("exit 1");

        Outcome outcome = sandbox.run(launcher, "serve");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("must build (nothing is built yet), but may not write " + sandbox.path("check out/target"));
    }

    @Test
    void anEmptyPlaceToLookAtIsNone() throws Exception {
        sandbox.set("BIGNODE_JAVA_DIRS", "");

        assertThat(sandbox.run(launcher).err()).contains("needs Java 25").doesNotContain("folders    : Java", "folders    /");
    }

    @Test
    void buildsWhenNothingIsBuiltWithTheJdkItFoundAndKeepsStandardOutputForTheCommand() throws Exception {
        Files.delete(sandbox.path("check out/target/bignode.jar"));
        jdk("javas/jdk", "25");
        maven("echo \"with $JAVA_HOME: $*\"; : >'" + sandbox.path("check out/target/bignode.jar") + "'");

        Outcome outcome = sandbox.run(launcher, "serve");

        assertThat(outcome.err())
                .contains("building, because nothing is built yet")
                .contains("with " + sandbox.path("javas/jdk") + ": ")
                .contains("--file " + sandbox.path("check out/pom.xml"), "package");
        assertThat(outcome.out()).startsWith("ran javas/jdk\n");
        assertThat(outcome.exit()).isEqualTo(42);
    }

    /** Maven's library for colours writes four of them into a file or a pipe when it ends. */
    @Test
    @Tag("full")
    void mavenWritesNoEscapeSequenceIntoAFile() throws Exception {
        Assumptions.assumeTrue(Sandbox.has("mvn"), "this machine has no mvn on the PATH");
        jdk("javas/jdk", "25");
        maven("printf '%s' \"$MAVEN_OPTS\" >'" + sandbox.path("options") + "'; printf '%s\\n' \"$@\" >'" + sandbox.path("arguments") + "'; exit 1");
        age(SOURCE, BUILT.plusSeconds(1));
        sandbox.run(launcher);
        sandbox.file("project/pom.xml", "<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>pom</packaging></project>");
        List<String> command = new ArrayList<>(List.of(Sandbox.command("mvn").toString(), "--offline"));
        Files.readAllLines(sandbox.path("arguments")).stream().takeWhile(option -> !option.equals("--file")).forEach(command::add);
        command.add("validate");
        ProcessBuilder real = new ProcessBuilder(command).directory(sandbox.path("project").toFile()).redirectErrorStream(true);
        real.environment().put("MAVEN_OPTS", Files.readString(sandbox.path("options")));
        real.environment().put("JAVA_HOME", System.getProperty("java.home"));

        Process process = real.start();

        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).doesNotContain("\033");
        assertThat(Sandbox.exit(process)).isZero();
    }

    @Test
    void buildsWhenASourceIsNewerThanTheJarAndNotAgainAfterwards() throws Exception {
        jdk("javas/jdk", "25");
        maven("echo built; : >'" + sandbox.path("check out/target/bignode.jar") + "'");
        age(SOURCE, BUILT.plusSeconds(1));

        assertThat(sandbox.run(launcher).err()).contains("src/main/java/Main.java has changed", "built");
        assertThat(sandbox.run(launcher).err()).isEmpty();
    }

    @Test
    void buildsWhenASourceWasRemoved() throws Exception {
        jdk("javas/jdk", "25");
        maven(": >'" + sandbox.path("check out/target/bignode.jar") + "'");
        Files.delete(sandbox.path(SOURCE));

        assertThat(sandbox.run(launcher).err()).contains("src/main/java has changed");
    }

    @Test
    void whatIsEditedDuringTheBuildIsBuiltTheNextTime() throws Exception {
        jdk("javas/jdk", "25");
        age(SOURCE, BUILT.plusSeconds(1));
        // Dated ahead, because what happens in one test may carry one and the same time: the edit after the start, the jar after the edit.
        String edit = "touch -d '1 second' '" + sandbox.path(SOURCE) + "'";
        String jar = "'" + sandbox.path("check out/target/bignode.jar") + "'";
        maven("echo built; " + edit + "; : >" + jar + "; touch -d '2 seconds' " + jar);
        sandbox.run(launcher);

        assertThat(sandbox.run(launcher).err()).contains("Main.java has changed", "built");
    }

    @Test
    void aFailedBuildShowsItsErrorsAndLeavesNoJarBehind() throws Exception {
        jdk("javas/jdk", "25");
        Path jar = sandbox.path("check out/target/bignode.jar");
        maven("echo '[ERROR] cannot find symbol'; echo half >'" + jar + "'; exit 1");
        age(SOURCE, BUILT.plusSeconds(1));

        Outcome outcome = sandbox.run(launcher, "serve");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("[ERROR] cannot find symbol", "the build failed");
        assertThat(jar).doesNotExist();
    }

    @Test
    void aJavaWithoutACompilerRunsWhatIsBuiltButCannotBuild() throws Exception {
        Path home = jdk("javas/jre", "25");
        Files.delete(home.resolve("bin/javac"));

        assertThat(sandbox.run(launcher).exit()).isEqualTo(42);

        age(SOURCE, BUILT.plusSeconds(1));
        Outcome outcome = sandbox.run(launcher);
        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains(home + ": Java 25, but without the compiler");
    }

    @Test
    void withoutMavenItSaysWhyItMustBuildAndHowToGetMaven() throws Exception {
        jdk("javas/jdk", "25");
        age(SOURCE, BUILT.plusSeconds(1));

        Outcome outcome = sandbox.run(launcher);

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("Main.java has changed", "no mvn on the PATH", "apt-get install maven");
    }

    @Test
    @Timeout(value = 600, unit = TimeUnit.SECONDS)
    void twoLaunchersAtOnceBuildOnce() throws Exception {
        Assumptions.assumeTrue(Sandbox.has("flock"), "this machine has no flock, without which launchers do not wait");
        jdk("javas/jdk", "25");
        Path gate = sandbox.path("gate");
        new ProcessBuilder("mkfifo", gate.toString()).start().waitFor();
        String jar = sandbox.path("check out/target/bignode.jar").toString();
        maven("echo built >>'" + sandbox.path("builds") + "'; read -r _ <'" + gate + "'; : >'" + jar + "'");
        age(SOURCE, BUILT.plusSeconds(1));

        Process first = sandbox.start(launcher, Redirect.DISCARD, Redirect.PIPE);
        try (BufferedReader firstSays = first.errorReader()) {
            assertThat(firstSays.readLine()).contains("building");
            Process second = sandbox.start(launcher, Redirect.DISCARD, Redirect.PIPE);
            try (BufferedReader secondSays = second.errorReader()) {
                assertThat(secondSays.readLine()).contains("another launcher is building");
                Files.writeString(gate, "go on\n");
                assertThat(Sandbox.exit(first)).isEqualTo(42);
                assertThat(Sandbox.exit(second)).isEqualTo(42);
                assertThat(secondSays.readLine()).isNull();
            }
        }
        assertThat(sandbox.path("builds")).hasContent("built");
    }

    @Test
    void aDistributionRunsOnItsOwnJavaAndNeverBuilds() throws Exception {
        Path installed = sandbox.copy("bignode", "opt/bignode/bin/bignode");
        sandbox.file("opt/bignode/lib/bignode.jar", "");
        sandbox.file("opt/bignode/lib/Zip-1.jar", "");
        sandbox.file("opt/bignode/lib/a-1.jar", "");
        jdk("opt/bignode/runtime", "25.0.3");
        sandbox.set("JAVA_HOME", jdk("other", "26"));
        maven("echo must not be called; exit 1");

        Outcome outcome = sandbox.run(installed, "serve");

        assertThat(outcome.out())
                .startsWith("ran opt/bignode/runtime\n")
                .contains("\nCLASSPATH " + String.join(":", lib("Zip-1.jar"), lib("a-1.jar"), lib("bignode.jar")) + "\n")
                .endsWith("\nio.bignode.Main\nserve\n");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void copiedAwayFromTheCheckoutItSaysToLinkInstead() throws Exception {
        Path alone = sandbox.copy("bignode", "usr/local/bin/bignode");
        sandbox.set("JAVA_HOME", jdk("jdk", "25"));

        Outcome outcome = sandbox.run(alone);

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("neither", "ln -s");
    }

    private String lib(String jar) {
        return sandbox.path("opt/bignode/lib/" + jar).toString();
    }

    /** A JDK that tells this version, and otherwise its name, its class path and its arguments, one a line, and ends with 42. */
    private Path jdk(String name, String version) throws IOException {
        String tellsVersion = "echo 'openjdk version \"" + version + "\" 2026-01-01' >&2; exit 0";
        String tellsCall = "echo 'ran " + name + "'\necho \"CLASSPATH $CLASSPATH\"\nprintf '%s\\n' \"$@\"\nexit 42\n";
        sandbox.script(name + "/bin/java", "[[ $1 == -version ]] && { " + tellsVersion + "; }\n" + tellsCall);
        sandbox.script(name + "/bin/javac", "exit 1\n");
        return sandbox.path(name);
    }

    private void maven(String lines) throws IOException {
        sandbox.command("mvn", lines + "\n");
    }

    private void age(String relative, Instant time) throws IOException {
        Files.setLastModifiedTime(sandbox.path(relative), FileTime.from(time));
    }
}
