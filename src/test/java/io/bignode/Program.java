package io.bignode;

import io.bignode.faults.TrainingFarm;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The program and the tests' classes in a process of their own. It starts as an installed node does, with an ahead-of-time cache, which takes half the processor
 * time or less: tests start some two hundred. The JVM makes such a cache for jars alone, so that the classes are packed once for each build. Nobody waits for the
 * cache: who comes before it is whole starts without it.
 */
public final class Program {
    private static final Path MADE = Path.of("target/program").toAbsolutePath();
    private static final Path LOCK = MADE.resolve("lock");
    private static final List<String> NATIVE = List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    /** Whether it took the cache, and why not, is of no interest to who reads a process's lines. */
    private static final List<String> QUIET = List.of("-Xlog:aot*=off", "-Xlog:cds*=off");

    private static final Program PROGRAM = new Program();

    private final String classPath;
    private final Path cache;

    private Program() {
        List<Path> folders = new ArrayList<>();
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (Files.isDirectory(Path.of(entry))) folders.add(Path.of(entry));
            else jars.add(entry);
        }
        try {
            TreeMap<String, Path> files = files(folders);
            Path made = MADE.resolve(name(files, jars));
            classPath = made.resolve("tests.jar") + File.pathSeparator + String.join(File.pathSeparator, jars);
            cache = made.resolve("tests.aot");
            Files.createDirectories(MADE);
            try (FileChannel file = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = file.lock()) {
                if (!Files.isDirectory(made)) pack(made, files);
            }
        } catch (IOException broken) {
            throw new AssertionError("the program of the tests could not be packed", broken);
        }
        if (!Files.exists(cache)) Thread.ofPlatform().daemon().name("training").start(this::train);
    }

    /**
     * The command that runs a class, with the JVM that runs the tests.
     *
     * @param options   more of the JVM's options
     * @param main      the class's name
     * @param arguments of its {@code main}
     */
    public static List<String> command(List<String> options, String main, List<String> arguments) {
        List<String> command = PROGRAM.java(options);
        if (Files.exists(PROGRAM.cache)) command.add("-XX:AOTCache=" + PROGRAM.cache);
        command.add(main);
        command.addAll(arguments);
        return command;
    }

    /** A command of the program. */
    public static ProcessBuilder bignode(String... arguments) {
        return new ProcessBuilder(command(List.of(), Main.class.getName(), List.of(arguments)));
    }

    private List<String> java(List<String> options) {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
        command.addAll(NATIVE);
        command.addAll(options);
        command.addAll(QUIET);
        command.addAll(List.of("-cp", classPath));
        return command;
    }

    /** The files of the folders by their names in the jar; the first folder with a name wins, as on a class path. */
    private static TreeMap<String, Path> files(List<Path> folders) throws IOException {
        TreeMap<String, Path> files = new TreeMap<>();
        for (Path folder : folders) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path file : all.filter(Files::isRegularFile).toList()) files.putIfAbsent(folder.relativize(file).toString(), file);
            }
        }
        return files;
    }

    /** Another for each state of the classes and libraries. */
    private static String name(TreeMap<String, Path> files, List<String> jars) throws IOException {
        StringBuilder state = new StringBuilder(Runtime.version().toString()).append(jars);
        for (Map.Entry<String, Path> file : files.entrySet()) {
            state.append(file.getKey()).append(Files.size(file.getValue())).append(Files.getLastModifiedTime(file.getValue()));
        }
        return Golden.sha256(state.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }

    /** Beside it, and then under its name: a process that is killed leaves nothing half made. What earlier builds left goes. */
    private static void pack(Path made, TreeMap<String, Path> files) throws IOException {
        try (Stream<Path> before = Files.walk(MADE)) {
            for (Path old : before.sorted(Comparator.reverseOrder()).filter(path -> !path.equals(MADE) && !path.equals(LOCK)).toList()) Files.delete(old);
        }
        Path draft = Files.createTempDirectory(MADE, "draft");
        try (OutputStream out = Files.newOutputStream(draft.resolve("tests.jar"));
                JarOutputStream jar = new JarOutputStream(out)) {
            jar.setLevel(1);
            for (Map.Entry<String, Path> file : files.entrySet()) {
                jar.putNextEntry(new JarEntry(file.getKey()));
                Files.copy(file.getValue(), jar);
            }
        }
        Files.move(draft, made, StandardCopyOption.ATOMIC_MOVE);
    }

    /** One JVM of the tests at a time; its end is the training's. */
    private void train() {
        try (FileChannel file = FileChannel.open(cache.resolveSibling("training.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = file.tryLock()) {
            if (lock == null || Files.exists(cache)) return;
            Path folder = Files.createTempDirectory(cache.getParent(), "training");
            Path draft = folder.resolve("draft.aot");
            Path said = folder.resolve("said");
            List<String> command = java(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:AOTCacheOutput=" + draft));
            command.add(TrainingFarm.class.getName());
            ProcessBuilder training = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
            training.environment().putAll(TrainingFarm.environment(folder.resolve("data")));
            Process process = training.start();
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }));
            if (process.waitFor() == 0 && Files.exists(draft)) Files.move(draft, cache, StandardCopyOption.ATOMIC_MOVE);
            else System.out.println("processes of tests start without an ahead-of-time cache:\n" + Files.readString(said));
        } catch (IOException | InterruptedException broken) {
            System.out.println("processes of tests start without an ahead-of-time cache: " + broken);
        }
    }
}
