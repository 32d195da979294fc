package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.bignode.config.Setting;
import io.bignode.config.Setting.ReadBy;
import io.bignode.config.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the compose files and the template of their settings promise to operators. */
class ComposeFilesTest {
    private static final Path JOIN = Sandbox.project().resolve("deploy/join");
    private static final String PLACEHOLDER = "CHANGE_ME_TO_A_LONG_RANDOM_SECRET";

    @Test
    void theServiceAndItsContainerAreCalledMlnode308AndComeBackAfterACrash() throws IOException {
        JsonNode document = parse("docker-compose.mlnode.yml");

        assertThat(document.get("services").propertyStream().map(Map.Entry::getKey)).containsExactly("mlnode-308");
        assertThat(node().get("container_name").textValue()).isEqualTo("mlnode-308");
        assertThat(node().get("restart").textValue()).isEqualTo("unless-stopped");
    }

    @Test
    void theOperatorsPortLeadsToTheNodes() throws IOException {
        assertThat(node().get("ports")).extracting(JsonNode::textValue).containsExactly("${BIGNODE_BIND:+${BIGNODE_BIND}:}${DELEGATION_PORT:-9090}:9090");
        assertThat(node().at("/environment/DELEGATION_PORT").textValue()).isEqualTo(Setting.PORT.usual()).isEqualTo("9090");
        assertThat(node().at("/environment/DELEGATION_HOST").textValue()).isEqualTo("0.0.0.0");
    }

    @Test
    void allNvidiaGpusAreReserved() throws IOException {
        JsonNode devices = node().at("/deploy/resources/reservations/devices");

        assertThat(devices).hasSize(1);
        assertThat(devices.at("/0/driver").textValue()).isEqualTo("nvidia");
        assertThat(devices.at("/0/count").textValue()).isEqualTo("all");
        assertThat(devices.at("/0/capabilities")).extracting(JsonNode::textValue).containsExactly("gpu");
    }

    @Test
    void aHostWithoutAGpuTakesTheReservationBack() throws IOException {
        assertThat(read("docker-compose.cpu.yml")).contains("  mlnode-308:\n    deploy: !reset null\n");
        JsonNode changed = parse("docker-compose.cpu.yml").at("/services/mlnode-308");
        assertThat(changed.propertyStream().map(Map.Entry::getKey)).containsExactly("deploy");
    }

    /** Which knows a head from a worker, and does not ask a head for devices. */
    @Test
    void healthIsTheImagesAffair() throws IOException {
        assertThat(node().has("healthcheck")).isFalse();
        assertThat(worker().has("healthcheck")).isFalse();
    }

    @Test
    void theProjectHasANameOfItsOwnWhateverTheFoldersIs() throws IOException {
        assertThat(parse("docker-compose.yml").get("name").textValue()).isEqualTo("bignode");
        assertThat(read("checks.sh")).contains("readonly PROJECT=bignode\n");
    }

    @Test
    void aWorkerHasTheNodesRightsAndNoPort() throws IOException {
        assertThat(worker().get("container_name").textValue()).isEqualTo("bignode-worker");
        assertThat(worker().get("command")).extracting(JsonNode::textValue).containsExactly("worker");
        assertThat(worker().has("ports")).isFalse();
        for (String same : List.of("restart", "stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "logging", "deploy")) {
            assertThat(worker().get(same)).as(same).isEqualTo(node().get(same));
        }
        assertThat(worker().at("/build")).isEqualTo(parse("docker-compose.mlnode.local.yml").at("/services/mlnode-308/build"));
        assertThat(worker().at("/volumes/0")).isEqualTo(node().at("/volumes/0"));
        assertThat(read("docker-compose.worker.cpu.yml")).contains("  bignode-worker:\n    deploy: !reset null\n");
    }

    /** Its token is a secret's file, and whoever reaches its ports needs none: it publishes none. */
    @Test
    void anAgentPublishesNoPortAndHasNoTokenInItsEnvironment() throws IOException {
        String file = Files.readString(Sandbox.project().resolve("deploy/agent/docker-compose.yml"));
        List<String> settings = Setting.of(ReadBy.AGENT).stream().map(Setting::variable).toList();

        assertThat(file).doesNotContain("ports:", "DELEGATION_BIG_NODE_TOKEN:").contains("command: [agent]", "mem_limit: 256m");
        assertThat(Pattern.compile("(?m)^ +(DELEGATION_[A-Z_]+):").matcher(file).results().map(match -> match.group(1)).toList()).hasSizeGreaterThan(5)
                .isSubsetOf(settings);
    }

    @Test
    void everySettingOfAWorkerIsPassedOn() throws IOException {
        assertThat(variablesOf(worker())).containsExactlyInAnyOrderElementsOf(passedOn(ReadBy.WORKER));
    }

    @Test
    void everySettingThatBothReadIsPassedOnToAWorkerAsToAHead() throws IOException {
        List<String> settings = passedOn(ReadBy.WORKER).stream().filter(passedOn(ReadBy.HEAD)::contains).toList();

        assertThat(settings).contains("DELEGATION_DEVICES", "DELEGATION_HOPPER_FFN", "DELEGATION_CUDA_LIBRARIES");
        for (String setting : settings) {
            assertThat(worker().at("/environment/" + setting).textValue()).as(setting).isNotNull().isEqualTo(node().at("/environment/" + setting).textValue());
        }
    }

    @Test
    void everySettingOfAHeadIsPassedOnOrFixed() throws IOException {
        assertThat(variablesOf(node())).containsExactlyInAnyOrderElementsOf(passedOn(ReadBy.HEAD));
        assertThat(passedOn(ReadBy.HEAD)).contains("DELEGATION_TLS_CERT", "DELEGATION_DB_URL");
    }

    private static List<String> variablesOf(JsonNode service) {
        return service.get("environment").propertyStream().map(Map.Entry::getKey).toList();
    }

    /** The settings of a program in a container: not those that the image itself knows, and those of the launcher that it may have. */
    private static List<String> passedOn(ReadBy program) {
        Set<Setting> elsewhere = EnumSet.of(Setting.CUDA_VISIBLE_DEVICES, Setting.CUDA_HOME, Setting.VIRTUAL_ENV, Setting.CONDA_PREFIX, Setting.NO_COLOR, Setting.DEBUG);
        Stream<Setting> settings = Setting.of(program).stream().filter(setting -> !elsewhere.contains(setting));
        return Stream.concat(settings, Stream.of(Setting.JAVA_OPTS)).map(Setting::variable).toList();
    }

    /** What is not set in config.env comes as an empty value, for which the program's own default counts: no file has another one. */
    @Test
    void noDefaultOfTheProgramStandsInAComposeFile() throws IOException {
        for (JsonNode service : List.of(node(), worker())) {
            List<String> withDefaults = service.get("environment").valueStream().map(JsonNode::textValue).filter(value -> value.contains(":-")).toList();
            assertThat(withDefaults).hasSizeGreaterThan(12).allMatch(value -> value.matches("\\$\\{[A-Z_]+:-}"));
        }
    }

    @Test
    void everyDefaultInAFileOrScriptIsTheDeclaredOne() throws IOException {
        // Where a container has its folder; the health check is asked in the image, which sets it.
        Map<String, String> ofTheImage = Map.of("DELEGATION_DATA_DIR", "/var/lib/bignode", "BIGNODE_PROC", "/proc");
        Map<String, String> defaults = new TreeMap<>();
        Pattern withDefault = Pattern.compile("\\$\\{((?:DELEGATION|BIGNODE)_[A-Z_]+):-([^}]+)}");
        List<Path> files = new ArrayList<>(List.of(Sandbox.project().resolve("deploy/docker/bignode-health")));
        try (Stream<Path> join = Files.list(JOIN)) {
            join.filter(Files::isRegularFile).forEach(files::add);
        }
        for (Path file : files) {
            withDefault.matcher(Files.readString(file)).results().forEach(match -> {
                assertThat(defaults.getOrDefault(match.group(1), match.group(2))).as(match.group(1)).isEqualTo(match.group(2));
                defaults.put(match.group(1), match.group(2));
            });
        }
        // An address is of all ports there, and of one that is asked here.
        assertThat(defaults.remove("BIGNODE_BIND")).isEqualTo("0.0.0.0");
        assertThat(defaults.remove("DELEGATION_JOIN")).as("a name, for people").isEqualTo("the broker");
        assertThat(defaults).hasSizeGreaterThan(12);
        defaults.forEach((name, value) -> assertThat(value).as(name).isEqualTo(ofTheImage.containsKey(name) ? ofTheImage.get(name) : declared(name).usual()));
    }

    private static Setting declared(String name) {
        return Arrays.stream(Setting.values()).filter(setting -> setting.variable().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void theWorkersPortIsPublishedByAFileOfItsOwn() throws IOException {
        assertThat(parse("docker-compose.workers.yml").at("/services/mlnode-308/ports/0").textValue())
                .isEqualTo("${BIGNODE_BIND:+${BIGNODE_BIND}:}${DELEGATION_WORKER_PORT:?set it in config.env}:${DELEGATION_WORKER_PORT}");
    }

    @Test
    void theMlNodesPortIsPublishedByAFileOfItsOwn() throws IOException {
        assertThat(parse("docker-compose.mlnode-port.yml").at("/services/mlnode-308/ports/0").textValue())
                .isEqualTo("${BIGNODE_BIND:+${BIGNODE_BIND}:}${DELEGATION_MLNODE_PORT:?set it in config.env}:${DELEGATION_MLNODE_PORT}");
    }

    @Test
    void monitoringIsAProfileReachedFromThisHostAloneWithItsSecretsInFiles() throws IOException {
        JsonNode file = parse("docker-compose.monitoring.yml");
        assertThat(file.get("services").propertyStream().map(Map.Entry::getKey)).containsExactly("prometheus", "grafana");
        for (JsonNode service : file.get("services")) {
            assertThat(service.get("profiles")).extracting(JsonNode::textValue).containsExactly("monitoring");
            assertThat(service.get("ports")).allMatch(port -> port.textValue().startsWith("127.0.0.1:"));
            assertThat(service.get("cap_drop")).extracting(JsonNode::textValue).containsExactly("ALL");
            for (JsonNode volume : service.get("volumes")) {
                String source = volume.textValue().split(":")[0];
                if (source.startsWith("${")) continue; // the operator's own files
                if (source.startsWith(".")) assertThat(JOIN.resolve(source).normalize()).isDirectory();
                else assertThat(file.get("volumes").has(source)).as(source).isTrue();
            }
        }
        String scraped = Files.readString(Sandbox.project().resolve("deploy/prometheus/prometheus.yml"));
        assertThat(scraped).contains("/run/secrets/" + file.at("/services/prometheus/secrets/0").textValue(), "mlnode-308:9090");
        assertThat(file.at("/services/grafana/environment/GF_SECURITY_ADMIN_PASSWORD__FILE").textValue())
                .isEqualTo("/run/secrets/" + file.at("/services/grafana/secrets/0").textValue());
    }

    @Test
    void theNodeHasTimeToStopAndFewRights() throws IOException {
        assertThat(node().get("stop_grace_period").textValue()).isEqualTo("15s");
        assertThat(node().get("read_only").booleanValue()).isTrue();
        assertThat(node().get("cap_drop")).extracting(JsonNode::textValue).containsExactly("ALL");
        assertThat(node().get("security_opt")).extracting(JsonNode::textValue).containsExactly("no-new-privileges:true");
    }

    @Test
    void theTokenComesFromTheEnvironmentAndIsRequired() throws IOException {
        assertThat(node().at("/environment/DELEGATION_AUTH_TOKEN").textValue()).startsWith("${DELEGATION_AUTH_TOKEN:?");
        for (String name : List.of("", ".mlnode", ".mlnode.local", ".cpu", ".workers", ".mlnode-port", ".worker", ".worker.cpu", ".monitoring")) {
            String file = "docker-compose" + name + ".yml";
            assertThat(read(file)).as(file).doesNotContain(PLACEHOLDER);
        }
    }

    @Test
    void whatTheNodeKeepsIsOnVolumesThatTheFilesDeclare() throws IOException {
        String dataDir = node().at("/environment/DELEGATION_DATA_DIR").textValue();
        assertThat(node().at("/volumes/0").textValue()).isEqualTo("bignode-data:" + dataDir);
        assertThat(node().at("/volumes/1/target").textValue()).isEqualTo(node().at("/environment/HF_HOME").textValue());
        assertThat(parse("docker-compose.yml").get("volumes").has("bignode-data")).isTrue();
    }

    @Test
    void theLocalFileBuildsTheCheckoutsDockerfile() throws IOException {
        JsonNode build = parse("docker-compose.mlnode.local.yml").at("/services/mlnode-308/build");

        Path context = JOIN.resolve(build.get("context").textValue()).normalize();
        assertThat(context).isEqualTo(Sandbox.project());
        assertThat(context.resolve(build.get("dockerfile").textValue())).isRegularFile();
    }

    @Test
    void everyVariableOfTheFilesStandsInTheTemplate() throws IOException {
        TreeSet<String> used = new TreeSet<>();
        Pattern variable = Pattern.compile("\\$\\{([A-Z_]+)");
        for (String file : new String[] {
            "docker-compose.mlnode.yml", "docker-compose.mlnode.local.yml", "docker-compose.workers.yml", "docker-compose.mlnode-port.yml",
            "docker-compose.worker.yml", "docker-compose.monitoring.yml", "checks.sh", "compose.sh", "deploy-local.sh"
        }) {
            variable.matcher(read(file)).results().map(match -> match.group(1)).filter(ComposeFilesTest::isSetting).forEach(used::add);
        }
        Pattern setting = Pattern.compile("(?m)^#?export ([A-Z_]+)=");

        assertThat(setting.matcher(read("config.env.template")).results().map(match -> match.group(1))).containsAll(used);
        assertThat(used).contains("DELEGATION_AUTH_TOKEN", "DELEGATION_CACHE_GIB", "BIGNODE_GPUS", "BIGNODE_IMAGE");
    }

    @Test
    void theTemplateCanBeSourcedAndExportsTheSettings(@TempDir Path folder) throws Exception {
        Sandbox sandbox = new Sandbox(folder, "env");
        sandbox.copy("deploy/join/config.env.template", "config.env");

        String exported = sandbox.run(sandbox.script("print", "source config.env\nexec env\n")).out();

        assertThat(exported.lines().filter(ComposeFilesTest::isSetting))
                .containsExactlyInAnyOrder(
                        "HF_HOME=/mnt/shared",
                        "DELEGATION_PORT=9090",
                        "DELEGATION_MAX_SESSIONS=10",
                        "DELEGATION_AUTH_TOKEN=" + PLACEHOLDER);
    }

    @Test
    void theNodeItselfRefusesTheTemplatesToken() throws IOException {
        Optional<String> refusal = Token.refusal(settings().getOrDefault("DELEGATION_AUTH_TOKEN", ""));

        assertThat(refusal).hasValueSatisfying(reason -> assertThat(reason).contains("placeholder"));
    }

    @Test
    void theTemplatesLinesAreOfTheKindThatComposeReadsToo() throws IOException {
        assertThat(read("config.env.template").lines())
                .allMatch(line -> line.isEmpty() || line.startsWith("#") || line.matches("export [A-Z_]+=[^\\s'\"$`]+"));
    }

    @Test
    void theTemplateShowsTheDeclaredDefaults() throws IOException {
        Map<String, String> template = settings();
        Set<Setting> examples = EnumSet.of(Setting.AUTH_TOKEN, Setting.HF_HOME, Setting.JAVA_OPTS, Setting.IMAGE, Setting.GPUS,
                Setting.PROMETHEUS_CONFIG, Setting.PROMETHEUS_CA);
        Set<String> declared = new TreeSet<>();
        for (Setting setting : Setting.values()) {
            declared.add(setting.variable());
            if (!template.containsKey(setting.variable()) || examples.contains(setting)) continue;
            assertThat(template.get(setting.variable())).as(setting.variable()).isEqualTo(setting.hasUsual() ? setting.usual() : "");
        }
        assertThat(declared).containsAll(template.keySet());
        assertThat(template).hasSizeGreaterThan(40);
    }

    private static Map<String, String> settings() throws IOException {
        Map<String, String> settings = new TreeMap<>();
        Stream<MatchResult> lines = Pattern.compile("(?m)^#?export ([A-Z_]+)=(.*)$").matcher(read("config.env.template")).results();
        lines.forEach(match -> settings.put(match.group(1), match.group(2)));
        return settings;
    }

    /** Whether a variable is one of the node's; others are the scripts' own. */
    private static boolean isSetting(String line) {
        return line.matches("(DELEGATION|HF|BIGNODE)_.*");
    }

    private static JsonNode node() throws IOException {
        return parse("docker-compose.mlnode.yml").at("/services/mlnode-308");
    }

    private static JsonNode worker() throws IOException {
        return parse("docker-compose.worker.yml").at("/services/bignode-worker");
    }

    private static JsonNode parse(String file) throws IOException {
        return new YAMLMapper().readTree(read(file));
    }

    private static String read(String file) throws IOException {
        return Files.readString(JOIN.resolve(file));
    }
}
