package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Dockerfile, read as text: what can be known about the image without building it. */
class ImageTest {
    @Test
    void runsAsAUserWhoseNumberIsFixedAndNotRoots() throws IOException {
        assertThat(lastOf("USER ")).isEqualTo("10001:10001");
        assertThat(read("deploy/join/deploy-local.sh")).contains("-o 10001 -g 10001");
    }

    @Test
    void theProcessGetsTheStopSignalItself() throws IOException {
        assertThat(lastOf("STOPSIGNAL ")).isEqualTo("SIGTERM");
        assertThat(lastOf("ENTRYPOINT ")).isEqualTo("[\"/opt/bignode/bin/bignode\"]");
        assertThat(lastOf("CMD ")).isEqualTo("[\"serve\"]");
        assertThat(read("bignode")).contains("\n  exec \"$java_home/bin/java\"");
    }

    @Test
    void theRuntimeStageIsTheLastAndHasAHealthCheck() throws IOException {
        List<String> instructions = instructions();
        int runtime = instructions.lastIndexOf("FROM " + lastOf("FROM "));
        List<String> stage = instructions.subList(runtime, instructions.size());

        assertThat(stage.getFirst()).startsWith("FROM nvidia/cuda:");
        assertThat(stage).anyMatch(line -> line.startsWith("HEALTHCHECK ") && line.endsWith("CMD [\"/opt/bignode/bin/bignode-health\"]"));
    }

    @Test
    void whatItCopiesExistsAndIsLetThroughAndNothingElseIs() throws IOException {
        List<String> sources = instructions().stream()
                .filter(line -> line.startsWith("COPY ") && !line.contains("--from="))
                .flatMap(line -> Stream.of(line.split("\\s+")).skip(1).takeWhile(word -> !word.startsWith("./")))
                .distinct()
                .toList();
        List<String> rules = read(".dockerignore").lines().filter(line -> !line.startsWith("#")).toList();

        assertThat(rules).startsWith("*");
        assertThat(rules.stream().skip(1).map(rule -> rule.substring(1))).containsExactlyInAnyOrderElementsOf(sources);
        assertThat(sources).allSatisfy(source -> assertThat(Sandbox.project().resolve(source)).exists());
    }

    private static String lastOf(String instruction) throws IOException {
        return instructions().stream()
                .filter(line -> line.startsWith(instruction))
                .reduce((_, last) -> last)
                .orElseThrow()
                .substring(instruction.length());
    }

    /** The Dockerfile's instructions, continued lines joined. */
    private static List<String> instructions() throws IOException {
        String joined = read("Dockerfile").replaceAll("(?m)^#.*\n", "").replaceAll("\\\\\n\\s*", "");
        return joined.lines().filter(line -> !line.isBlank()).toList();
    }

    private static String read(String file) throws IOException {
        return Files.readString(Sandbox.project().resolve(file));
    }
}
