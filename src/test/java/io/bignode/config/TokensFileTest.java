package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensFileTest {
    private static final Token ALICES = Token.of("alices-token-of-this-test");
    private static final Token BOBS = Token.of("bobs-token-of-this-test");
    private static final Token OWN = Token.of("the-default-tenants-token");

    @TempDir
    Path folder;

    private Path file(String... lines) throws Exception {
        Path file = folder.resolve("tokens");
        Files.write(file, List.of(lines));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private static String digest(Token token) {
        return TenantToken.HexDigest.of(token).toString();
    }

    @Test
    void eachLineIsATenantsToken() throws Exception {
        Path file = file(
                "# name digest sessions weight", "", "alice " + digest(ALICES) + " 4 1   # since May", "\tbob\t" + digest(BOBS).toUpperCase(Locale.ROOT)
                        + " 10000 0.25");
        List<TenantToken> tokens = TokensFile.read(file);

        assertThat(tokens)
                .containsExactly(
                        new TenantToken("alice", TenantToken.HexDigest.of(ALICES), 4, 1),
                        new TenantToken("bob", TenantToken.HexDigest.of(BOBS), 10_000, 0.25));
        assertThat(tokens.getFirst().line()).isEqualTo("alice " + digest(ALICES) + " 4 1");
    }

    @Test
    void theDigestIsWhatSha256sumPrints() {
        // printf %s abcdefghijklmnop | sha256sum
        assertThat(digest(Token.of("abcdefghijklmnop"))).isEqualTo("f39dac6cbaba535e2c207cd0cd8f154974223c848f727f98b3564cea569b41cf");
    }

    @Test
    void everyFaultIsNamedAtOnceWithItsLineAndNothingThatMayBeAToken() throws Exception {
        Path file = file(
                "alice " + digest(ALICES) + " 4 1",
                "a/b " + digest(BOBS) + " 0 1000",
                "carol a-token-in-the-clear 4 1",
                "dave " + digest(BOBS),
                "erin " + digest(ALICES) + " 4 1",
                "alice " + digest(OWN) + " 5 1");
        InvalidSettingsException faults = catchThrowableOfType(InvalidSettingsException.class, () -> TokensFile.read(file));

        assertThat(faults.faults()).hasSize(7);
        assertThat(faults.getMessage())
                .contains("tokens, line 2, must begin with a tenant's name", "line 2, must have a whole number of sessions", "line 2, must have a weight")
                .contains("line 3, has no digest", "sha256sum")
                .contains("line 4, has 2 words; it must have four: NAME DIGEST SESSIONS WEIGHT")
                .contains("line 5, has the digest of line 1")
                .contains("line 6, gives tenant alice other numbers than line 1")
                .doesNotContain("a-token-in-the-clear");
    }

    @Test
    void aFileOfNothingButFaultsIsToldInBoundedWords() throws Exception {
        String[] lines = new String[5000];
        Arrays.fill(lines, "x");
        Path file = file(lines);
        InvalidSettingsException faults = catchThrowableOfType(InvalidSettingsException.class, () -> TokensFile.read(file));
        assertThat(faults.faults()).hasSize(21);
    }

    @Test
    void aFileOthersMayWriteIsRefusedAndOneTheyMayReadIsNot() throws Exception {
        Path file = file("alice " + digest(ALICES) + " 4 1");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertThatThrownBy(() -> TokensFile.read(file)).hasMessageContaining("chmod go-w");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(TokensFile.read(file)).hasSize(1);
        assertThat(TokensFile.readableByOthers(file)).isTrue();
    }

    @Test
    void anEmptyAMissingAndAHugeFileAreRefused() throws Exception {
        Path empty = file("# nobody yet");
        assertThatThrownBy(() -> TokensFile.read(empty)).hasMessageContaining("names no tenant").hasMessageContaining("bignode tenant");
        assertThatThrownBy(() -> TokensFile.read(folder.resolve("nowhere"))).hasMessageContaining("does not exist");
        assertThatThrownBy(() -> TokensFile.read(folder)).hasMessageContaining("no regular file");
        Files.write(folder.resolve("tokens"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> TokensFile.read(folder.resolve("tokens"))).hasMessageContaining("too large");
    }

    @Test
    void tokensAreTheirTenantsAndNobodyElses() throws Exception {
        Token second = Token.of("alices-next-token-of-this-test");
        Path file = file("alice " + digest(ALICES) + " 4 2", "bob " + digest(BOBS) + " 1 1", "alice " + digest(second) + " 4 2");
        TenantList list = TenantList.of(OWN, 7, TokensFile.read(file));

        assertThat(list.of(ALICES.secret()).orElseThrow().name()).isEqualTo("alice");
        assertThat(list.of(second.secret()).orElseThrow().name()).isEqualTo("alice");
        assertThat(list.of(BOBS.secret()).orElseThrow().maxSessions()).isEqualTo(1);
        assertThat(list.of(OWN.secret()).orElseThrow()).isEqualTo(new TenantToken("default", TenantToken.HexDigest.of(OWN), 7, 1));
        for (String wrong : List.of("", "x", ALICES.secret() + " ", ALICES.secret().toUpperCase(Locale.ROOT), digest(ALICES), "alice")) {
            assertThat(list.of(wrong)).isEmpty();
        }
    }

    @Test
    void theFilesNumbersHoldForTheDefaultTenantAndItsTokenIsNobodyElses() throws Exception {
        TenantList list = TenantList.of(OWN, 7, TokensFile.read(file("default " + digest(ALICES) + " 3 2")));
        assertThat(list.of(OWN.secret()).orElseThrow().maxSessions()).isEqualTo(3);
        assertThat(list.of(ALICES.secret()).orElseThrow().name()).isEqualTo("default");

        List<TenantToken> taken = TokensFile.read(file("alice " + digest(OWN) + " 3 2"));
        assertThatThrownBy(() -> TenantList.of(OWN, 7, taken)).hasMessageContaining("also the token of tenant alice");
    }
}
