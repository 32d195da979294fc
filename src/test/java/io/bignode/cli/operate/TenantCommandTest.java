package io.bignode.cli.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.cli.BigNodeCommand;
import io.bignode.config.TenantList;
import io.bignode.config.TenantToken;
import io.bignode.config.Token;
import io.bignode.config.TokensFile;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantCommandTest {
    private record Outcome(int code, String out, String err) {}

    private static Outcome run(String line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = BigNodeCommand.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(line.split(" "));
        return new Outcome(code, out.toString(), err.toString());
    }

    @Test
    void theLineGoesToTheFileAndTheTokenOpensTheNode(@TempDir Path folder) throws Exception {
        Outcome outcome = run("tenant alice --sessions 8 --weight 2.5");
        assertThat(outcome.code()).isZero();
        String token = outcome.err().lines().toList().getLast();
        assertThat(outcome.out()).doesNotContain(token).hasLineCount(1);

        Path file = Files.writeString(folder.resolve("tokens"), outcome.out());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        TenantToken tenant = TenantList.of(Token.random(), 1, TokensFile.read(file)).of(token).orElseThrow();
        assertThat(tenant.name()).isEqualTo("alice");
        assertThat(tenant.maxSessions()).isEqualTo(8);
        assertThat(tenant.weight()).isEqualTo(2.5);
        assertThat(run("tenant alice").out()).as("another token each time").isNotEqualTo(run("tenant alice").out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tenant a/b", "tenant alice --sessions 0", "tenant alice --sessions 10001", "tenant alice --weight 0", "tenant alice --weight NaN"})
    void whatTheFileWouldNotTakeIsRefused(String line) {
        Outcome outcome = run(line);
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.out()).isEmpty();
    }
}
