package io.bignode.cli.terminal;

import io.bignode.log.StandardStream;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error, shown at a terminal alone, of what takes longer than two seconds. Safe for use by several threads. */
public final class Progress implements AutoCloseable {
    private static final long PATIENCE_NANOS = Duration.ofSeconds(2).toNanos();

    private final String task;
    private final String unit;
    private final long unitSize;
    private final long total;
    private final boolean watched = StandardStream.ERROR.isTerminal();
    private final long start = System.nanoTime();
    private long done;
    private @Nullable ProgressBar bar;

    /**
     * Nothing is done yet.
     *
     * @param task     what the bar is named by
     * @param total    how much there is to do
     * @param unit     what is counted, as it stands behind a number
     * @param unitSize how much one unit is
     */
    public Progress(String task, long total, String unit, long unitSize) {
        this.task = task;
        this.total = total;
        this.unit = unit;
        this.unitSize = unitSize;
    }

    /** Notes that {@code more} is done. */
    public synchronized void add(long more) {
        done += more;
        if (watched && bar == null && System.nanoTime() - start > PATIENCE_NANOS && done < total) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total)
                    .setUnit(unit, unitSize)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(500)
                    .build();
        }
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    @Override
    public synchronized void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
