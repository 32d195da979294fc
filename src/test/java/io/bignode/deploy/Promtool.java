package io.bignode.deploy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Prometheus' own tool, where it is installed: the only parser of its formats that counts. */
public final class Promtool {
    private Promtool() {}

    /** Where it is: PROMTOOL names it, or it is on the path. */
    static Optional<String> found() {
        String named = System.getenv("PROMTOOL");
        Stream<String> folders = Stream.of(System.getenv().getOrDefault("PATH", "").split(":")).map(folder -> folder + "/promtool");
        return Stream.concat(Stream.ofNullable(named), folders).filter(path -> Files.isExecutable(Path.of(path))).findFirst();
    }

    /** What it finds wrong with a scrape; empty when nothing, or when it is not installed, which is printed. */
    public static String checkMetrics(String text) throws IOException, InterruptedException {
        if (found().isEmpty()) {
            System.err.println("NOT CHECKED by promtool, which is not installed (apt-get install prometheus): a scrape");
            return "";
        }
        Path file = Files.createTempFile("scrape", ".txt");
        try {
            Files.writeString(file, text);
            Process process = new ProcessBuilder(found().get(), "check", "metrics")
                    .redirectInput(file.toFile()).redirectErrorStream(true).start();
            String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? told : "exit " + process.exitValue() + ": " + told;
        } finally {
            Files.delete(file);
        }
    }

    /** Runs it in a folder; skips the test where it is not installed. Returns what it printed when it failed, else nothing. */
    static String run(Path folder, String... arguments) throws IOException, InterruptedException {
        assumeTrue(found().isPresent(), "promtool is not installed: apt-get install prometheus");
        List<String> command = new ArrayList<>(List.of(found().get()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : told;
    }
}
