package io.bignode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Counts what is skipped, and why, over all processes that run tests. What it comes to stands in one line of a file, which Maven prints last (pom.xml), and
 * begins anew with each run.
 */
public final class SkippedTests implements TestExecutionListener {
    private static final Path FOLDER = Path.of("target/skipped-tests");

    private final Map<String, Integer> reasons = new TreeMap<>();
    private TestPlan plan;

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        skipped(test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() != TestExecutionResult.Status.ABORTED) return;
        skipped(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
    }

    /** One test, or all that stand below a class or a method. */
    private synchronized void skipped(TestIdentifier test, String reason) {
        long tests = test.isTest() ? 1 : plan.getDescendants(test).stream().filter(TestIdentifier::isTest).count();
        reasons.merge(oneLine(reason), (int) Math.max(1, tests), Integer::sum);
    }

    /** JUnit and AssertJ put words before the reason, and what was found behind it. */
    static String oneLine(String reason) {
        return reason.lines().findFirst().orElse("no reason given")
                .replaceFirst("^Assumption failed: ", "")
                .replaceFirst("^assumption was not met due to: ", "")
                .replaceFirst("^\\[(.*)] *$", "$1");
    }

    @Override
    public synchronized void testPlanExecutionFinished(TestPlan finished) {
        if (reasons.isEmpty()) return;
        try {
            Files.createDirectories(FOLDER);
            try (FileChannel file = FileChannel.open(FOLDER.resolve("reasons"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    FileLock _ = file.lock()) {
                ByteBuffer before = ByteBuffer.allocate((int) file.size());
                while (before.hasRemaining() && file.read(before) >= 0) {}
                new String(before.array(), StandardCharsets.UTF_8).lines()
                        .map(line -> line.split("\t", 2))
                        .forEach(line -> reasons.merge(line[1], Integer.parseInt(line[0]), Integer::sum));
                String all = reasons.entrySet().stream().map(one -> one.getValue() + "\t" + one.getKey() + "\n").collect(Collectors.joining());
                file.write(ByteBuffer.wrap(all.getBytes(StandardCharsets.UTF_8)), 0);
                Files.writeString(FOLDER.resolve("line"), line(reasons));
            }
        } catch (IOException broken) {
            System.out.println("what was skipped could not be noted: " + broken);
        } finally {
            reasons.clear();
        }
    }

    /** All in one line, the most frequent reason first. */
    static String line(Map<String, Integer> reasons) {
        int sum = reasons.values().stream().mapToInt(Integer::intValue).sum();
        return (sum == 1 ? "1 test was skipped: " : sum + " tests were skipped: ")
                + reasons.entrySet().stream()
                        .sorted(Comparator.comparing((Map.Entry<String, Integer> one) -> -one.getValue()).thenComparing(Map.Entry::getKey))
                        .map(one -> one.getKey() + " x" + one.getValue())
                        .collect(Collectors.joining(", "));
    }
}
