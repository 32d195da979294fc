package io.bignode.cli.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.rehearse.Observed.PostFault;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a rehearsal makes of callbacks. Two keys of nodes 1 and 2 of 3 wait for theirs. */
class ReceiverTest {
    /** Float16 1 and infinity, little-endian. */
    private static final String ONE = "ADw=";
    private static final String INFINITE = "AHw=";

    private final HttpClient client = HttpClient.newHttpClient();
    private Receiver receiver;
    private List<RehearsedKey> keys;

    @BeforeEach
    void open() throws Exception {
        receiver = new Receiver(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        keys = RehearsedKey.of("ab", 2, "org/a model", 1024, URI.create("http://127.0.0.1:" + receiver.port()));
        receiver.begin(keys);
    }

    @AfterEach
    void close() {
        receiver.close();
        client.close();
    }

    private int post(String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static String url(RehearsedKey key, String call) {
        return key.start().get("url").asText() + call;
    }

    private static String artifacts(RehearsedKey key, long nonce, String vector) {
        ObjectNode post = key.subject();
        post.putArray("artifacts").addObject().put("nonce", nonce).put("vector_b64", vector);
        post.putObject("encoding").put("dtype", "f16");
        return post.toString();
    }

    private int generated(long nonce, String vector) throws Exception {
        return post(url(keys.getFirst(), "/generated"), artifacts(keys.getFirst(), nonce, vector));
    }

    private void requireFault(String check, String words) {
        assertThat(receiver.faults()).singleElement().satisfies(fault -> assertThat(fault.check()).isEqualTo(check))
                .extracting(PostFault::text).asString().contains(words);
    }

    @Test
    void artifactsAreKeptByTheirKey() throws Exception {
        assertThat(generated(1, ONE)).isEqualTo(200);
        assertThat(generated(4, ONE)).isEqualTo(200);
        assertThat(receiver.faults()).isEmpty();
        assertThat(receiver.artifacts()).extracting(KeyArtifacts::count).containsExactly(2L, 0L);
        assertThat(url(keys.getFirst(), "")).endsWith("/1/org%252Fa%2520model");
    }

    @Test
    void aNonceOfAnotherNodeIdIsNamed() throws Exception {
        assertThat(generated(2, ONE)).isEqualTo(400);
        requireFault("node-ids", "another node id");
    }

    @Test
    void artifactsOfAnotherKeyAreNamed() throws Exception {
        assertThat(post(url(keys.getFirst(), "/generated"), artifacts(keys.getLast(), 1, ONE))).isEqualTo(400);
        requireFault("node-ids", "another public_key");
    }

    @Test
    void aNonceThatComesTwiceIsNamed() throws Exception {
        generated(1, ONE);
        assertThat(generated(1, ONE)).isEqualTo(200);
        requireFault("node-ids", "twice");
    }

    @Test
    void aNonceThatIsTooLargeIsNamed() throws Exception {
        assertThat(generated(3L * Integer.MAX_VALUE + 1, ONE)).isEqualTo(400);
        requireFault("nonces", "2147483647");
    }

    @Test
    void vectorsThatTheNetworksNodeRefusesAreNamed() throws Exception {
        assertThat(generated(1, INFINITE)).isEqualTo(400);
        requireFault("vectors", "not finite");
        assertThat(generated(1, "")).isEqualTo(400);
        assertThat(generated(1, "?")).isEqualTo(400);
        assertThat(receiver.faults()).extracting(PostFault::text).contains("a vector is empty", "a vector is not base64");
    }

    @Test
    void anAddressWhoseEndIsChangedIsNamed() throws Exception {
        String changed = url(keys.getFirst(), "/generated").replace("%252F", "/");
        assertThat(post(changed, artifacts(keys.getFirst(), 1, ONE))).isEqualTo(404);
        requireFault("callback", "end of its address changed");
    }

    @Test
    void verdictsAreTakenInTheirPhaseAlone() throws Exception {
        String verdict = keys.getFirst().subject().put("request_id", "r").put("n_total", 1).put("n_mismatch", 0).put("p_value", 1).put("fraud_detected", false)
                .set("mismatch_nonces", keys.getFirst().subject().arrayNode()).toString();
        assertThat(post(url(keys.getFirst(), "/validated"), verdict)).isEqualTo(503);
        receiver.validate();
        assertThat(post(url(keys.getFirst(), "/validated"), verdict)).isEqualTo(200);
        assertThat(receiver.verdict(keys.getFirst())).isPresent();
        assertThat(generated(1, ONE)).as("what comes when all is over").isEqualTo(200);
        assertThat(receiver.artifacts().getFirst().count()).isZero();
        assertThat(receiver.faults()).isEmpty();
    }
}
