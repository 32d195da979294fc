package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static final String SOUND = "a-token-nobody-else-has";

    @TempDir
    Path temp;

    @Test
    void withoutAnySettingTheDefaultsHold() throws Exception {
        Settings settings = Settings.load(Map.of("HOME", temp.toString()));

        assertThat(settings.host()).isEqualTo("0.0.0.0");
        assertThat(settings.port()).isEqualTo(9090);
        assertThat(settings.maxSessions()).isEqualTo(10);
        assertThat(settings.sessionLife()).isEqualTo(Duration.ofSeconds(330));
        assertThat(settings.dataDir()).isEqualTo(temp.resolve(".local/share/bignode"));
        assertThat(settings.poolsDir()).isEqualTo(temp.resolve(".local/share/bignode/cache/pools"));
        assertThat(settings.cacheBytes()).isEqualTo(16L << 30);
        assertThat(settings.devices())
                .isEqualTo(new DeviceSettings(
                        DeviceChoice.ALL,
                        5e-6,
                        Optional.empty(),
                        List.of(),
                        1L << 50,
                        temp.resolve(".local/share/bignode/cache/kernels"),
                        temp.resolve(".local/share/bignode/cache/tuning"),
                        DeviceSettings.HopperFfn.AUTO,
                        List.of()));
    }

    @Test
    void everySettingIsRead() throws Exception {
        Settings settings = Settings.load(Map.of(
                "DELEGATION_HOST", "::1",
                "DELEGATION_PORT", " 7 ",
                "DELEGATION_MAX_SESSIONS", "200",
                "DELEGATION_SESSION_SECONDS", "60",
                "DELEGATION_LINGER_SECONDS", "90",
                "DELEGATION_MAX_WAITING", "7",
                "DELEGATION_CACHE_GIB", "0",
                "DELEGATION_AUTH_TOKEN", SOUND,
                "DELEGATION_DATA_DIR", temp + "/data",
                "HF_HOME", temp + "/hf"));

        assertThat(settings.token().matches(SOUND)).isTrue();
        assertThat(settings)
                .isEqualTo(new Settings(
                        "::1",
                        7,
                        200,
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(90),
                        7,
                        settings.token(),
                        new Settings.TokenOrigin.Environment(),
                        temp.resolve("data"),
                        temp.resolve("hf/bignode/pools"),
                        0,
                        new StoreSettings(Optional.empty()),
                        settings.devices(),
                        new TenantSettings(Optional.empty(), 120),
                        Optional.empty(),
                        new PushSettings(List.of(), Optional.empty(), Duration.ofSeconds(900)),
                        new BrokerSettings("0.0.0.0", Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 0.02),
                        false,
                        new VectorSettings(Map.of(), 0.1, 0.01, 200)));
        assertThat(temp.resolve("data")).doesNotExist();
    }

    @Test
    void anEmptyVariableIsAnAbsentOne() throws Exception {
        Settings settings = Settings.load(
                Map.of("HOME", temp.toString(), "DELEGATION_PORT", "", "DELEGATION_AUTH_TOKEN", "", "HF_HOME", " "));
        assertThat(settings.port()).isEqualTo(9090);
        assertThat(settings.tokenOrigin()).isInstanceOf(Settings.TokenOrigin.File.class);
    }

    @Test
    void theDataFolderFollowsTheXdgRules() throws Exception {
        Map<String, String> environment = new HashMap<>(
                Map.of("HOME", temp.toString(), "DELEGATION_AUTH_TOKEN", SOUND, "XDG_DATA_HOME", temp + "/xdg"));
        assertThat(Settings.load(environment).dataDir()).isEqualTo(temp.resolve("xdg/bignode"));
        environment.put("XDG_DATA_HOME", "relative");
        assertThat(Settings.load(environment).dataDir()).isEqualTo(temp.resolve(".local/share/bignode"));
    }

    @Test
    void allFaultsAreNamedAtOnceAndNothingIsMade() throws Exception {
        Path file = Files.createFile(temp.resolve("file"));
        InvalidSettingsException refused = refused(Map.of(
                "DELEGATION_HOST", "http://x",
                "DELEGATION_PORT", "70000",
                "DELEGATION_MAX_SESSIONS", "ten",
                "DELEGATION_SESSION_SECONDS", "0",
                "DELEGATION_CACHE_GIB", "-1",
                "DELEGATION_AUTH_TOKEN", "short",
                "DELEGATION_DATA_DIR", "~/data",
                "HF_HOME", file.toString()));

        assertThat(refused.faults().stream().map(InvalidSettingsException.Fault::setting))
                .containsExactlyInAnyOrder(
                        "DELEGATION_HOST",
                        "DELEGATION_PORT",
                        "DELEGATION_MAX_SESSIONS",
                        "DELEGATION_SESSION_SECONDS",
                        "DELEGATION_CACHE_GIB",
                        "DELEGATION_AUTH_TOKEN",
                        "DELEGATION_DATA_DIR",
                        "HF_HOME");
        assertThat(refused.getMessage()).contains("'70000'", "'ten'", "9090").doesNotContain("short");
    }

    @Test
    void aFaultySettingKeepsTheTokenFromBeingMade() {
        refused(Map.of("DELEGATION_DATA_DIR", temp + "/data", "DELEGATION_PORT", "x"));
        assertThat(temp.resolve("data")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CHANGE_ME_TO_A_LONG_RANDOM_SECRET",
                "change_me_to_a_long_random_secret",
                "Change-Me-To-A-Long-Random-Secret",
                "your-secret-token",
                "your-secret-token-change-this",
                "my-secure-token-123",
                "2333544",
                "YOUR_SECRET_TOKEN",
                "changeme",
                "CHANGEME",
                "change-me-change-me",
                "changemechangeme!!",
                "fifteen-letters",
                "with a blank inside",
                "zeichen-mit-umlaut-ä",
                "aaaaaaaaaaaaaaaaaaaaaaaa",
                "abababababababababab"
            })
    void aTokenEverybodyCouldGuessIsRefusedWithoutRepeatingIt(String token) {
        InvalidSettingsException refused = refused(Map.of("HOME", temp.toString(), "DELEGATION_AUTH_TOKEN", token));

        assertThat(refused.faults())
                .singleElement()
                .extracting(InvalidSettingsException.Fault::setting)
                .isEqualTo("DELEGATION_AUTH_TOKEN");
        assertThat(refused.getMessage()).contains("openssl rand -hex 32").doesNotContain(token);
    }

    @Test
    void aTokenIsMadeOnceAndReadableByItsOwnerAlone() throws Exception {
        Map<String, String> environment = Map.of("DELEGATION_DATA_DIR", temp + "/new/data");
        Settings first = Settings.load(environment);
        Settings second = Settings.load(environment);

        Path file = temp.resolve("new/data/token");
        assertThat(first.tokenOrigin()).isEqualTo(new Settings.TokenOrigin.File(file, true));
        assertThat(second.tokenOrigin()).isEqualTo(new Settings.TokenOrigin.File(file, false));
        assertThat(second.token().matches(first.token().secret())).isTrue();
        assertThat(first.token().secret()).matches("[0-9a-f]{64}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        try (var files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
        assertThat(Settings.clientToken(environment)
                        .orElseThrow()
                        .matches(first.token().secret()))
                .isTrue();
    }

    @Test
    void processesThatStartTogetherEndUpWithOneToken() throws Exception {
        Callable<String> start = () -> Settings.load(Map.of("DELEGATION_DATA_DIR", temp + "/data"))
                .token()
                .secret();
        Set<String> tokens = new HashSet<>();
        try (ExecutorService starts = Executors.newFixedThreadPool(8)) {
            for (Future<String> token :
                    starts.invokeAll(List.of(start, start, start, start, start, start, start, start)))
                tokens.add(token.get());
        }
        assertThat(tokens).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"rw-r-----", "rw----r--", "rw-----w-"})
    void aTokenFileOthersMayReadIsRefusedWithTheCommandThatMendsIt(String permissions) throws Exception {
        Path file = tokenFile(SOUND);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

        assertThat(refused(Map.of("DELEGATION_DATA_DIR", temp.toString(), "DELEGATION_PORT", "x"))
                        .getMessage())
                .contains("chmod 600 '" + file + "'", "DELEGATION_PORT")
                .doesNotContain(SOUND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "short"})
    void aTokenFileWithoutATokenIsRefused(String text) throws Exception {
        tokenFile(text);
        assertThat(refused(Map.of("DELEGATION_DATA_DIR", temp.toString())).getMessage())
                .contains(temp.resolve("token").toString());
    }

    @Test
    void aTokenInTheEnvironmentMakesTheFileIrrelevant() throws Exception {
        tokenFile("short");
        assertThat(Settings.load(Map.of("DELEGATION_DATA_DIR", temp.toString(), "DELEGATION_AUTH_TOKEN", SOUND))
                        .token()
                        .matches(SOUND))
                .isTrue();
    }

    @Test
    void aClientWithoutServerOrTokenHasNone() throws Exception {
        assertThat(Settings.clientToken(Map.of("DELEGATION_DATA_DIR", temp + "/none")))
                .isEmpty();
        assertThat(temp.resolve("none")).doesNotExist();
    }

    @Test
    void aTokenNeverPrintsItself() throws Exception {
        Token token = Token.of(SOUND);
        assertThat(token.toString())
                .doesNotContain(SOUND.substring(0, 4))
                .doesNotContain(SOUND.substring(SOUND.length() - 4));
        assertThat(Settings.load(Map.of("HOME", temp.toString(), "DELEGATION_AUTH_TOKEN", SOUND))
                        .toString())
                .doesNotContain(SOUND);
        assertThat(token.matches(SOUND + "x")).isFalse();
        assertThat(token.matches("")).isFalse();
        assertThatThrownBy(() -> Token.of("short"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("short");
    }

    private Path tokenFile(String text) throws Exception {
        Path file = Files.writeString(temp.resolve("token"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private static InvalidSettingsException refused(Map<String, String> environment) {
        return catchThrowableOfType(InvalidSettingsException.class, () -> Settings.load(environment));
    }
}
