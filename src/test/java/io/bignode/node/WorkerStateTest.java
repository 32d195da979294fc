package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The file by which health checks know a worker's state. */
@Timeout(30)
class WorkerStateTest {
    @TempDir
    Path folder;

    @Test
    void holdsWhetherTheWorkerHasJoinedAndGoesWithIt() {
        Path file = folder.resolve("worker-state");
        try (WorkerState state = new WorkerState(folder, Duration.ofHours(1))) {
            assertThat(file).hasContent("apart");
            state.joined("head:9091");
            assertThat(file).hasContent("joined");
            state.apart("head:9091");
            assertThat(file).hasContent("apart");
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void ofSeveralHeadsOneIsEnough() {
        Path file = folder.resolve("worker-state");
        try (WorkerState state = new WorkerState(folder, Duration.ofHours(1))) {
            state.joined("head:9091");
            state.joined("other:9091");
            state.apart("head:9091");
            assertThat(file).hasContent("joined");
            state.apart("other:9091");
            assertThat(file).hasContent("apart");
        }
    }

    @Test
    void isRenewedWhileTheWorkerRuns() throws IOException, InterruptedException {
        Path file = folder.resolve("worker-state");
        FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        try (WorkerState state = new WorkerState(folder, Duration.ofMillis(10))) {
            state.joined("head:9091");
            Files.setLastModifiedTime(file, old);
            Waiting.until("the file is renewed", () -> !Files.getLastModifiedTime(file).equals(old));
            assertThat(file).hasContent("joined");
        }
    }

    @Test
    void aFolderThatCannotBeWrittenEndsNothing() {
        try (WorkerState state = new WorkerState(folder.resolve("nowhere"), Duration.ofHours(1))) {
            state.joined("head:9091");
        }
        assertThat(folder).isEmptyDirectory();
    }
}
