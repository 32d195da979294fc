package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Program;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a process ends that was told to from within. */
@Timeout(60)
class StopHookTest {
    /** A process whose only work is to be closed. */
    static final class LosesItsDevice {
        private LosesItsDevice() {}

        public static void main(String[] arguments) throws InterruptedException {
            StopHook stop = StopHook.register("the other devices' leases are handed back");
            stop.begin(() -> StopHook.endProcess(ExitCode.DEVICE_LOST), () -> System.out.println("closed"));
            Thread.sleep(60_000);
        }
    }

    @Test
    void aProcessThatEndsItselfClosesWhatWorksAndHasItsOwnCode() throws Exception {
        Process process = new ProcessBuilder(Program.command(List.of("-Xmx64m"), LosesItsDevice.class.getName(), List.of())).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(5);
        assertThat(output).contains("closed");
    }

    /** Code 2 is a faulty setting; whatever else ends a node, whoever supervises it starts it again. */
    @Test
    void whoeverSupervisesANodeStartsItAgainThen() throws Exception {
        for (String unit : List.of("bignode.service", "bignode-worker.service")) {
            assertThat(Files.readString(Path.of("deploy/systemd", unit)))
                    .containsPattern("(?m)^Restart=always$").containsPattern("(?m)^RestartPreventExitStatus=2$");
        }
        for (String compose : List.of("docker-compose.worker.yml", "docker-compose.mlnode.yml")) {
            assertThat(Files.readString(Path.of("deploy/join", compose))).contains("restart: unless-stopped");
        }
    }
}
