package io.bignode.proof.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.agent.Agent;
import io.bignode.agent.BigNode;
import io.bignode.config.AgentSettings;
import io.bignode.http.HttpRules;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.session.store.SqlStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.net.ssl.SSLSocketFactory;

/** An agent within this process, in front of big nodes at ports of this host. */
final class AgentNode implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    final Alarms alarms = new Alarms(InstantSource.system());
    private final HttpClient client = HttpClient.newHttpClient();
    private final Agent agent;

    AgentNode(Path folder, String token, int... ports) throws Exception {
        List<String> urls = IntStream.of(ports).mapToObj(port -> "http://127.0.0.1:" + port).toList();
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_BIG_NODE", String.join(",", urls), "DELEGATION_BIG_NODE_TOKEN", token, "DELEGATION_AGENT_PORT", "0",
                "DELEGATION_AGENT_INFERENCE_PORT", "0", "DELEGATION_DATA_DIR", folder.toString()));
        AgentSettings settings = AgentSettings.load(environment);
        Files.createDirectories(settings.folder());
        HttpServer http = HttpServer.listen(HttpRules.of("127.0.0.1", 0, 1), socket(), Optional.of(socket()));
        List<BigNode> bigNodes = settings.bigNodes().stream()
                .map(one -> new BigNode(one.url(), one.token().secret(), BigNode.client().build())).toList();
        agent = new Agent(settings, new Agent.Parts(
                new VectorFunction(), new TransformerFunction(), SqlStore.inFolder(settings.folder(), alarms, (thread, failure) -> failure.printStackTrace()), bigNodes,
                () -> (SSLSocketFactory) SSLSocketFactory.getDefault(), alarms), http);
        agent.start();
    }

    private static ServerSocketChannel socket() throws Exception {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** Where a participant's node finds it. */
    String url() {
        return "http://127.0.0.1:" + agent.port();
    }

    int inferencePort() {
        return agent.inferencePort();
    }

    /** What its page tells, as a document. */
    JsonNode status() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/status.json")).build();
        return JSON.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    boolean isConnected() throws Exception {
        return status().get("connected").asBoolean();
    }

    @Override
    public void close() {
        agent.close();
        client.close();
    }
}
