package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.bignode.config.Setting;
import io.bignode.config.Setting.ReadBy;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files of deploy/k8s, read into the types of the Kubernetes API: a field that it does not know is an error. */
class KubernetesFilesTest {
    private static final Path FOLDER = Sandbox.project().resolve("deploy/k8s");
    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of(
            "v1/Namespace", Namespace.class,
            "v1/Service", Service.class,
            "v1/Secret", Secret.class,
            "apps/v1/StatefulSet", StatefulSet.class,
            "apps/v1/Deployment", Deployment.class,
            "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
            "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class);
    private static final YAMLMapper YAML = strict();

    /** The types would take whatever they do not know into a map; without that, it is refused. */
    private static YAMLMapper strict() {
        YAMLMapper mapper = new YAMLMapper();
        mapper.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
        mapper.setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
            @Serial
            private static final long serialVersionUID = 1;

            @Override
            public Boolean hasAnySetter(Annotated member) {
                return false;
            }
        });
        return mapper;
    }

    private static List<JsonNode> documents(String file) throws IOException {
        try (var all = YAML.readerFor(JsonNode.class).<JsonNode>readValues(FOLDER.resolve(file).toFile())) {
            return all.readAll();
        }
    }

    private static HasMetadata typed(JsonNode document) throws IOException {
        String kind = document.get("apiVersion").textValue() + "/" + document.get("kind").textValue();
        assertThat(KINDS).containsKey(kind);
        return YAML.treeToValue(document, KINDS.get(kind));
    }

    /** What the kustomization applies, and the example of a secret. */
    private static List<HasMetadata> all() throws IOException {
        List<HasMetadata> all = new ArrayList<>();
        for (JsonNode file : documents("kustomization.yaml").getFirst().get("resources")) {
            for (JsonNode document : documents(file.textValue())) all.add(typed(document));
        }
        for (JsonNode document : documents("secret.example.yaml")) all.add(typed(document));
        return all;
    }

    private static <T> T one(Class<T> type) throws IOException {
        return all().stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
    }

    private static <T> List<T> every(Class<T> type) throws IOException {
        return all().stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Test
    void everyFileIsOfTheApiAndIsInTheKustomization() throws Exception {
        assertThat(all()).hasSize(10).allMatch(one -> one.getMetadata().getName() != null);
        assertThat(all()).filteredOn(one -> !(one instanceof Namespace)).allMatch(one -> "bignode".equals(one.getMetadata().getNamespace()));
        Set<String> listed = documents("kustomization.yaml").getFirst().get("resources").valueStream().map(JsonNode::textValue).collect(Collectors.toSet());
        try (Stream<Path> files = Files.list(FOLDER)) {
            Set<String> there = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".yaml"))
                    .collect(Collectors.toCollection(TreeSet::new));
            there.removeAll(Set.of("kustomization.yaml", "secret.example.yaml"));
            assertThat(listed).isEqualTo(there);
        }
    }

    @Test
    void aFieldThatTheApiDoesNotKnowIsRefused() throws Exception {
        JsonNode document = documents("worker.yaml").getFirst();
        ((com.fasterxml.jackson.databind.node.ObjectNode) document.at("/spec/template/spec/containers/0/securityContext")).put("readOnlyRootFileSystem", true);

        assertThatThrownBy(() -> typed(document)).isInstanceOf(UnrecognizedPropertyException.class).hasMessageContaining("readOnlyRootFileSystem");
    }

    @Test
    void everySelectorFindsThePodsItIsMeantFor() throws Exception {
        StatefulSet head = one(StatefulSet.class);
        Deployment worker = one(Deployment.class);
        Map<String, String> headLabels = head.getSpec().getTemplate().getMetadata().getLabels();
        Map<String, String> workerLabels = worker.getSpec().getTemplate().getMetadata().getLabels();
        assertThat(headLabels).containsAllEntriesOf(head.getSpec().getSelector().getMatchLabels());
        assertThat(workerLabels).containsAllEntriesOf(worker.getSpec().getSelector().getMatchLabels()).isNotEqualTo(headLabels);
        Set<String> ports = head.getSpec().getTemplate().getSpec().getContainers().getFirst().getPorts().stream()
                .map(port -> port.getName()).collect(Collectors.toSet());
        for (Service service : every(Service.class)) {
            assertThat(headLabels).as(service.getMetadata().getName()).containsAllEntriesOf(service.getSpec().getSelector());
            assertThat(workerLabels.entrySet()).as(service.getMetadata().getName()).doesNotContainSequence(service.getSpec().getSelector().entrySet());
            assertThat(ports).contains(service.getSpec().getPorts().getFirst().getTargetPort().getStrVal());
        }
        assertThat(every(Service.class)).extracting(service -> service.getMetadata().getName()).contains(head.getSpec().getServiceName());
        assertThat(every(NetworkPolicy.class)).extracting(policy -> policy.getSpec().getPodSelector().getMatchLabels())
                .containsExactlyInAnyOrder(headLabels, workerLabels);
        JsonNode monitor = documents("monitoring/servicemonitor.yaml").getFirst();
        Service scraped = every(Service.class).stream().filter(service -> service.getMetadata().getName().equals("bignode-head")).findFirst().orElseThrow();
        assertThat(monitor.at("/spec/selector/matchLabels").propertyStream().toList())
                .allMatch(label -> label.getValue().textValue().equals(scraped.getMetadata().getLabels().get(label.getKey())));
        assertThat(every(Service.class).stream().filter(service -> "metrics".equals(service.getMetadata().getLabels().get("app.kubernetes.io/component"))))
                .as("scraped once").hasSize(1);
    }

    private static List<String> variablesOf(PodSpec pod) {
        return pod.getContainers().getFirst().getEnv().stream().map(EnvVar::getName).toList();
    }

    private static List<PodSpec> pods() throws IOException {
        return Stream.of(one(StatefulSet.class).getSpec().getTemplate(), one(Deployment.class).getSpec().getTemplate()).map(PodTemplateSpec::getSpec).toList();
    }

    @Test
    void podsHaveFewRights() throws Exception {
        for (PodSpec pod : pods()) {
            Container container = pod.getContainers().getFirst();
            assertThat(pod.getAutomountServiceAccountToken()).isFalse();
            assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
            assertThat(pod.getSecurityContext().getRunAsUser()).as("the image's user").isEqualTo(10001);
            assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
            assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
            assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
            assertThat(pod.getTerminationGracePeriodSeconds()).as("a node needs up to ten seconds").isGreaterThan(15);
        }
        assertThat(pods().getLast().getContainers().getFirst().getResources().getLimits()).containsKey("nvidia.com/gpu");
    }

    @Test
    void whatIsMountedIsDeclaredAndNoTokenStandsInAFileThatIsApplied() throws Exception {
        Secret example = one(Secret.class);
        Set<String> names = new TreeSet<>();
        for (PodSpec pod : pods()) {
            Container container = pod.getContainers().getFirst();
            Set<String> volumes = pod.getVolumes().stream().map(volume -> volume.getName()).collect(Collectors.toSet());
            volumes.add("data"); // the head's is a claim
            assertThat(container.getVolumeMounts()).allMatch(mount -> volumes.contains(mount.getName()));
            container.getEnv().forEach(variable -> {
                names.add(variable.getName());
                if (variable.getName().endsWith("_TOKEN")) {
                    assertThat(variable.getValue()).isNull();
                    assertThat(variable.getValueFrom().getSecretKeyRef().getName()).isEqualTo(example.getMetadata().getName());
                    assertThat(example.getStringData()).containsKey(variable.getValueFrom().getSecretKeyRef().getKey());
                }
            });
        }
        assertThat(names).isNotEmpty();
        assertThat(variablesOf(pods().getFirst())).isSubsetOf(Setting.of(ReadBy.HEAD).stream().map(Setting::variable).toList());
        assertThat(variablesOf(pods().getLast())).isSubsetOf(Setting.of(ReadBy.WORKER).stream().map(Setting::variable).toList());
        assertThat(example.getStringData().values()).as("a node refuses these").containsOnly("CHANGE_ME_TO_A_LONG_RANDOM_SECRET");
        JsonNode credentials = documents("monitoring/servicemonitor.yaml").getFirst().at("/spec/endpoints/0/authorization/credentials");
        assertThat(credentials.get("name").textValue()).isEqualTo(example.getMetadata().getName());
        assertThat(example.getStringData()).containsKey(credentials.get("key").textValue());
    }

    /** Found nonces are polled also while all workers are away, and workers join a head that is not ready. */
    @Test
    void aHeadThatIsNotReadyIsReachedAllTheSame() throws Exception {
        assertThat(every(Service.class)).hasSize(3).allMatch(service -> Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses()));
    }

    @Test
    void aWorkerThatDoesNotJoinStopsARolloutAndADrainTakesOneAtATime() throws Exception {
        Deployment worker = one(Deployment.class);
        Container container = worker.getSpec().getTemplate().getSpec().getContainers().getFirst();
        assertThat(worker.getSpec().getMinReadySeconds()).isEqualTo(30);
        assertThat(container.getReadinessProbe().getExec().getCommand()).containsExactly("/opt/bignode/bin/bignode-health");
        // A worker whose head is away must not be ended for it.
        assertThat(container.getLivenessProbe().getExec().getCommand()).containsExactly("/opt/bignode/bin/bignode-health", "alive");
        assertThat(container.getStartupProbe().getExec().getCommand()).containsExactly("/opt/bignode/bin/bignode-health", "alive");
        assertThat(Files.readString(Sandbox.project().resolve("Dockerfile"))).contains("bignode-health /opt/bignode/bin/");
        PodDisruptionBudget budget = one(PodDisruptionBudget.class);
        assertThat(budget.getSpec().getMaxUnavailable().getIntVal()).isEqualTo(1);
        assertThat(worker.getSpec().getTemplate().getMetadata().getLabels()).containsAllEntriesOf(budget.getSpec().getSelector().getMatchLabels());
    }

    @Test
    void whatPodsTakeOfANodeIsBoundedAndAskedFor() throws Exception {
        for (PodSpec pod : pods()) {
            assertThat(pod.getSecurityContext().getFsGroupChangePolicy()).isEqualTo("OnRootMismatch");
            assertThat(pod.getContainers().getFirst().getResources().getRequests()).containsKey("ephemeral-storage");
            assertThat(pod.getVolumes()).allMatch(volume -> volume.getEmptyDir() == null || volume.getEmptyDir().getSizeLimit() != null);
        }
    }

    @Test
    void theReadmeMakesTheNamespaceBeforeWhatLiesInIt() throws Exception {
        String readme = Files.readString(FOLDER.resolve("README.md"));
        assertThat(readme).containsSubsequence("kubectl apply -f deploy/k8s/namespace.yaml", "create secret generic bignode-tokens", "openssl req -x509",
                "DNS:bignode-workers", "create secret tls bignode-workers-tls", "create configmap bignode-join", "kubectl apply -k deploy/k8s`");
    }
}
