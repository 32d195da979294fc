package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.cli.BigNodeCommand;
import io.bignode.fixtures.Waiting;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A rehearsal against an agent, which is an ML node without a token. */
@Tag("full")
@Timeout(120)
class RehearsedAgentTest {
    @TempDir
    private Path folder;

    @Test
    void aGoodFarmBehindAnAgentWouldBeCounted() throws Exception {
        try (BackendNode head = new BackendNode(folder.resolve("head"), Map.of("DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1"))) {
            head.backend(MODEL, 5_000_000);
            head.backend(MODEL, 5_000_000);
            head.start();
            Waiting.until("devices are there", () -> head.send("GET", "/health", "", "").statusCode() == 200);
            try (AgentNode agent = new AgentNode(folder.resolve("agent"), TOKEN, head.port())) {
                Waiting.until("the agent is connected", agent::isConnected);
                StringWriter out = new StringWriter();
                int code = BigNodeCommand.commandLine(Map.of("DELEGATION_DATA_DIR", folder.resolve("none").toString())).setOut(new PrintWriter(out, true))
                        .execute("rehearse", "--url", agent.url(), "--model", MODEL, "--for", "6s");
                assertThat(code).as(out.toString()).isEqualTo(ExitCode.OK);
                assertThat(out.toString()).contains("would be counted: yes", "32 of 32 vectors match");
            }
        }
    }
}
