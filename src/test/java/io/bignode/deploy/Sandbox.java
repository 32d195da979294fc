package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A folder to run scripts in, with a home, a {@code PATH} and an environment that hold only what a test put there. */
final class Sandbox {
    /** Only for what hangs: a busy machine is slow. */
    private static final int PATIENCE_SECONDS = 600;

    private final Path root;
    private final Map<String, String> environment = new TreeMap<>();

    /**
     * An empty sandbox.
     *
     * @param root  an empty folder
     * @param tools commands of this machine that the scripts may call
     */
    Sandbox(Path root, String... tools) throws IOException {
        this.root = root;
        for (String tool : tools) allow(tool);
        environment.put("PATH", root.resolve("bin").toString());
        environment.put("HOME", Files.createDirectories(root.resolve("home")).toString());
    }

    /** What a script left behind. */
    record Outcome(int exit, String out, String err) {}

    /** The project's own folder. */
    static Path project() {
        return Path.of("").toAbsolutePath();
    }

    /** Where a command of this machine lies. */
    static Path command(String name) {
        return onPath(name).findFirst().orElseThrow(() -> new IllegalStateException("this machine has no " + name));
    }

    static boolean has(String name) {
        return onPath(name).findAny().isPresent();
    }

    private static Stream<Path> onPath(String name) {
        return Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)).filter(Files::isExecutable);
    }

    /** Lets scripts call a command of this machine. */
    Sandbox allow(String tool) throws IOException {
        command(tool, "exec " + command(tool) + " \"$@\"\n");
        return this;
    }

    Path path(String relative) {
        return root.resolve(relative);
    }

    Sandbox set(String variable, Object value) {
        environment.put(variable, value.toString());
        return this;
    }

    /** Writes a file, its folders too. */
    Path file(String relative, String text) throws IOException {
        Path file = root.resolve(relative);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    /** Writes a script of these lines that can be run. */
    Path script(String relative, String lines) throws IOException {
        Path file = file(relative, "#!" + command("bash") + "\n" + lines);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Puts a script under a command's name on the {@code PATH}. */
    Path command(String name, String lines) throws IOException {
        return script("bin/" + name, lines);
    }

    /** Copies a file of the project, with its permissions. */
    Path copy(String ofProject, String relative) throws IOException {
        Path target = root.resolve(relative);
        Files.createDirectories(target.getParent());
        return Files.copy(project().resolve(ofProject), target, StandardCopyOption.COPY_ATTRIBUTES);
    }

    /** Starts a script, nothing on its standard input, in the sandbox's own folder. */
    Process start(Path script, ProcessBuilder.Redirect out, ProcessBuilder.Redirect err, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(command("bash").toString(), script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(root.toFile()).redirectOutput(out).redirectError(err);
        builder.redirectInput(Path.of("/dev/null").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Runs a script to its end. */
    Outcome run(Path script, String... arguments) throws IOException, InterruptedException {
        Path out = Files.createTempFile(root, "out", ".txt");
        Path err = Files.createTempFile(root, "err", ".txt");
        Process process = start(script, ProcessBuilder.Redirect.to(out.toFile()), ProcessBuilder.Redirect.to(err.toFile()), arguments);
        int exit = exit(process);
        return new Outcome(exit, Files.readString(out), Files.readString(err));
    }

    /** Waits for a script's end; one that hangs fails the test. */
    static int exit(Process process) throws InterruptedException {
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (!ended) process.destroyForcibly();
        assertThat(ended).as("the script ended within %d s", PATIENCE_SECONDS).isTrue();
        return process.exitValue();
    }
}
