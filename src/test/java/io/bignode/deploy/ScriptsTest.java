package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every shell script of the project: what begins with bash's name or ends with {@code .sh}. */
class ScriptsTest {
    private static final Set<String> NOT_OURS = Set.of(".git", ".idea", "target", "node_modules");

    @Test
    void theScriptsOfTheProjectAreFound() throws IOException {
        assertThat(scripts())
                .extracting(script -> Sandbox.project().relativize(script).toString())
                .contains("bignode", ".ci/run", "deploy/join/checks.sh", "deploy/join/deploy-local.sh", "deploy/join/rebuild.sh");
    }

    @TestFactory
    List<DynamicTest> passesShellcheck() throws IOException {
        return scripts().stream().map(script -> DynamicTest.dynamicTest(Sandbox.project().relativize(script).toString(), () -> {
            boolean installed = Sandbox.has("shellcheck");
            if (!installed) System.err.println("skipped: shellcheck is not installed (apt-get install shellcheck)");
            Assumptions.assumeTrue(installed, "shellcheck is not installed (apt-get install shellcheck)");
            // -x follows `source`, whose path is given relative to the script.
            Process process = new ProcessBuilder("shellcheck", "-x", script.getFileName().toString())
                    .directory(script.getParent().toFile())
                    .redirectErrorStream(true)
                    .start();
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEmpty();
            assertThat(Sandbox.exit(process)).isZero();
        })).toList();
    }

    @TestFactory
    List<DynamicTest> stopsAtItsFirstErrorAndCanBeRun() throws IOException {
        return scripts().stream()
                .filter(ScriptsTest::beginsWithBash)
                .map(script -> DynamicTest.dynamicTest(Sandbox.project().relativize(script).toString(), () -> {
                    assertThat(Files.readString(script)).contains("\nset -euo pipefail\n");
                    assertThat(script).isExecutable();
                }))
                .toList();
    }

    private static List<Path> scripts() throws IOException {
        List<Path> scripts = new ArrayList<>();
        Files.walkFileTree(Sandbox.project(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return NOT_OURS.contains(folder.getFileName().toString()) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && (file.toString().endsWith(".sh") || beginsWithBash(file))) scripts.add(file);
                return FileVisitResult.CONTINUE;
            }
        });
        scripts.sort(null);
        return scripts;
    }

    private static boolean beginsWithBash(Path file) {
        byte[] bash = "#!/usr/bin/env bash\n".getBytes(StandardCharsets.UTF_8);
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(bash.length), bash);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
