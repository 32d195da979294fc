package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens shorter than they should be, as templates of the field have: taken when the operator says so, and never silently. */
class ShortTokenTest {
    private static final String TEMPLATES = "2333544";

    @TempDir
    Path folder;

    private Settings load(String... more) throws InvalidSettingsException {
        Map<String, String> environment = new HashMap<>(Map.of("DELEGATION_DATA_DIR", folder.resolve("data").toString()));
        for (int i = 0; i < more.length; i += 2) environment.put(more[i], more[i + 1]);
        return Settings.load(environment);
    }

    @ParameterizedTest
    @ValueSource(strings = {TEMPLATES, "fifteen-letters", "abc123"})
    void isRefusedWithTheSettingThatTakesIt(String token) {
        assertThatThrownBy(() -> load("DELEGATION_AUTH_TOKEN", token))
                .hasMessageContaining("openssl rand -hex 32")
                .hasMessageContaining("DELEGATION_ALLOW_SHORT_TOKEN=true")
                .hasMessageNotContaining(token);
    }

    @ParameterizedTest
    @ValueSource(strings = {TEMPLATES, "fifteen-letters", "abc123"})
    void isTakenWhenTheOperatorSaysSoAndItsWeaknessIsTold(String token) throws Exception {
        for (String on : new String[] {"true", "on"}) {
            Settings settings = load("DELEGATION_AUTH_TOKEN", token, "DELEGATION_ALLOW_SHORT_TOKEN", on);
            assertThat(settings.token().matches(token)).isTrue();
            assertThat(settings.token().weakness()).hasValueSatisfying(weakness -> assertThat(weakness).contains("openssl rand").doesNotContain(token));
        }
    }

    @Test
    void theOneThatEverybodyKnowsIsCalledSo() {
        assertThat(Token.ofAnyLength(TEMPLATES).weakness()).hasValueSatisfying(weakness -> assertThat(weakness).contains("public template", "everybody knows"));
        assertThat(Token.ofAnyLength("abc1234").weakness()).hasValueSatisfying(weakness -> assertThat(weakness).contains("only 7 characters"));
        assertThat(Token.random().weakness()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"changeme", "your-secret-token", "abc12", "1111111", "a blank"})
    void whatIsWorseThanShortIsRefusedAllTheSame(String token) {
        assertThatThrownBy(() -> load("DELEGATION_AUTH_TOKEN", token, "DELEGATION_ALLOW_SHORT_TOKEN", "true"))
                .hasMessageContaining("DELEGATION_AUTH_TOKEN")
                .hasMessageNotContaining("ALLOW_SHORT_TOKEN=true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "601"})
    void needsTheLimitOfWrongTokens(String limit) throws Exception {
        assertThatThrownBy(() -> load("DELEGATION_AUTH_TOKEN", TEMPLATES, "DELEGATION_ALLOW_SHORT_TOKEN", "true", "DELEGATION_WRONG_TOKENS", limit))
                .hasMessageContaining("DELEGATION_WRONG_TOKENS is " + limit)
                .hasMessageContaining("from 1 to 600");
        assertThat(load("DELEGATION_AUTH_TOKEN", "a-token-that-is-long", "DELEGATION_ALLOW_SHORT_TOKEN", "true", "DELEGATION_WRONG_TOKENS", limit).token()
                .isShort())
                .isFalse();
    }

    @Test
    void neitherTheJoinTokenNorTheTokenFileIsShort() throws Exception {
        assertThatThrownBy(() -> load("DELEGATION_JOIN_TOKEN", TEMPLATES, "DELEGATION_ALLOW_SHORT_TOKEN", "true"))
                .hasMessageContaining("DELEGATION_JOIN_TOKEN has 7 characters");
        Path file = Files.createDirectories(folder.resolve("data")).resolve("token");
        new TokenFile(file.getParent()).readOrMake();
        Files.writeString(file, TEMPLATES);
        assertThatThrownBy(() -> load("DELEGATION_ALLOW_SHORT_TOKEN", "true")).hasMessageContaining("has 7 characters");
    }

    @Test
    void aClientShowsItWithoutBeingAsked() throws Exception {
        assertThat(Settings.clientToken(Map.of("DELEGATION_AUTH_TOKEN", TEMPLATES)).orElseThrow().matches(TEMPLATES)).isTrue();
    }

    @Test
    void aSettingThatIsNeitherOnNorOffIsAFault() {
        assertThatThrownBy(() -> load("DELEGATION_ALLOW_SHORT_TOKEN", "yes"))
                .hasMessageContaining("DELEGATION_ALLOW_SHORT_TOKEN is 'yes'; it must be on or off");
    }
}
