package io.bignode.faults;

import io.bignode.Program;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A Java process of this test's class path, whose lines are kept and can be waited for. */
final class JavaProcess implements AutoCloseable {
    /** A line and when it came, as {@link System#nanoTime}. */
    record Line(String text, long nanos) {}

    private final Process process;
    private final List<Line> lines = new ArrayList<>();
    private boolean ended;

    JavaProcess(String main, List<String> arguments, Map<String, String> environment, String heap) throws IOException {
        this(List.of(), main, arguments, environment, heap);
    }

    /**
     * One that another program starts.
     *
     * @param by that program and its arguments; it has to become what follows them
     */
    JavaProcess(List<String> by, String main, List<String> arguments, Map<String, String> environment, String heap) throws IOException {
        List<String> command = new ArrayList<>(by);
        command.addAll(Program.command(List.of("-Xmx" + heap, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), main, arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        process = builder.start();
        Thread.ofVirtual().start(this::read);
    }

    private void read() {
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) add(new Line(line, System.nanoTime()));
        } catch (IOException e) {
            // the process was killed in the middle of a line
        } finally {
            end();
        }
    }

    private synchronized void add(Line line) {
        lines.add(line);
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    synchronized List<Line> lines() {
        return List.copyOf(lines);
    }

    /** Waits for a line among those after {@code nanos}. */
    synchronized Line await(long nanos, Duration most, Predicate<String> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        int looked = 0;
        while (true) {
            for (; looked < lines.size(); looked++) {
                if (lines.get(looked).nanos() >= nanos && wanted.test(lines.get(looked).text())) return lines.get(looked);
            }
            long left = deadline - System.nanoTime();
            if (ended || left <= 0) throw new AssertionError("the line did not come" + (ended ? ", the process ended" : "") + ":\n" + tail());
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    String await(Predicate<String> wanted) throws InterruptedException {
        return await(Long.MIN_VALUE, Duration.ofSeconds(60), wanted).text();
    }

    synchronized String tail() {
        return String.join("\n", lines.stream().skip(Math.max(0, lines.size() - 60)).map(Line::text).toList());
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM; returns the exit code. */
    Optional<Integer> stop(Duration most) throws InterruptedException {
        process.destroy();
        return process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS) ? Optional.of(process.exitValue()) : Optional.empty();
    }

    void signal(String name) throws InterruptedException {
        try {
            // The shell's own word: the program of that name is not everywhere.
            int rc = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
            if (rc != 0) throw new AssertionError("kill -" + name + " ended with " + rc);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    /** Waits for its end; returns the exit code. */
    int end(Duration most) throws InterruptedException {
        if (!process.waitFor(most.toMillis(), TimeUnit.MILLISECONDS)) throw new AssertionError("it does not end:\n" + tail());
        return process.exitValue();
    }

    /** CPU time it used. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
