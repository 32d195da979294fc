package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.config.Setting.ReadBy;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is declared of a setting is what the program does with it. */
class SettingTest {
    /** Any text will do for these, or something else than the settings reads them: the driver, the log, the first line of the program. */
    private static final Set<Setting> NEVER_FAULTY = EnumSet.of(Setting.BROKER_USER, Setting.CUDA_VISIBLE_DEVICES, Setting.NO_COLOR, Setting.DEBUG);

    @TempDir
    Path folder;

    private static Set<String> faultsOf(ThrowingCallable load) {
        InvalidSettingsException[] refused = new InvalidSettingsException[1];
        assertThatThrownBy(load).isInstanceOfSatisfying(InvalidSettingsException.class, fault -> refused[0] = fault);
        return refused[0].faults().stream().map(InvalidSettingsException.Fault::setting).collect(Collectors.toSet());
    }

    private static Map<String, String> everythingIsFaulty() {
        Map<String, String> environment = new HashMap<>();
        for (Setting setting : Setting.values()) {
            if (!NEVER_FAULTY.contains(setting)) environment.put(setting.variable(), "~ ~");
        }
        environment.put(Setting.BROKER_USER.variable(), "user");
        return environment;
    }

    private static Set<String> thatCanBeFaulty(ReadBy program) {
        return Setting.of(program).stream().filter(setting -> !NEVER_FAULTY.contains(setting)).map(Setting::variable).collect(Collectors.toSet());
    }

    @Test
    void aHeadReadsTheSettingsThatAreDeclaredForItAndNamesEveryFaultAtOnce() {
        assertThat(faultsOf(() -> Settings.preview(everythingIsFaulty()))).isEqualTo(thatCanBeFaulty(ReadBy.HEAD));
    }

    @Test
    void aWorkerReadsTheSettingsThatAreDeclaredForItAndNamesEveryFaultAtOnce() {
        assertThat(faultsOf(() -> JoinSettings.load(everythingIsFaulty()))).isEqualTo(thatCanBeFaulty(ReadBy.WORKER));
    }

    @Test
    void anAgentReadsTheSettingsThatAreDeclaredForItAndNamesEveryFaultAtOnce() {
        Map<String, String> environment = everythingIsFaulty();
        // One of the two is looked at.
        Map<String, String> inFile = new HashMap<>(environment);
        inFile.remove(Setting.BIG_NODE_TOKEN.variable());
        environment.remove(Setting.BIG_NODE_TOKEN_FILE.variable());
        Set<String> faults = new HashSet<>(faultsOf(() -> AgentSettings.load(environment)));
        faults.addAll(faultsOf(() -> AgentSettings.load(inFile)));
        assertThat(faults).isEqualTo(thatCanBeFaulty(ReadBy.AGENT));
    }

    @Test
    void aSettingThatIsNotSetCountsAsItsUsualValue() throws Exception {
        Map<String, String> nothing = Map.of("HOME", folder.toString());
        Map<String, String> usual = new HashMap<>(nothing);
        for (Setting setting : Setting.of(ReadBy.HEAD)) {
            if (setting.hasUsual()) usual.put(setting.variable(), setting.usual());
        }
        assertThat(usual).hasSizeGreaterThan(12);

        assertThat(Settings.preview(usual)).usingRecursiveComparison().ignoringFields("token").isEqualTo(Settings.preview(nothing));
    }

    @Test
    void anExampleOfANumberIsOneThatIsTaken() throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of("HOME", folder.toString()));
        for (Setting setting : Setting.of(ReadBy.HEAD)) {
            if (!setting.example().isEmpty()) environment.put(setting.variable(), setting.example());
        }
        assertThat(environment).containsKeys("DELEGATION_WORKER_PORT", "DELEGATION_GPU_MEMORY_GIB");

        assertThat(Settings.preview(environment).broker().port()).hasValue(9091);
    }
}
