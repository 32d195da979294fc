package io.bignode.proof.vllm;

import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A head with stand-in backends that answers the calls of an ML node, for tests of the commands that drive one. */
public final class RehearsedFarm implements AutoCloseable {
    public static final String MODEL = BackendNode.MODEL;
    public static final String TOKEN = BackendNode.TOKEN;

    private final BackendNode node;

    /**
     * Starts a head.
     *
     * @param more          settings besides the usual ones
     * @param nanosPerNonce how long a nonce takes each of its backends; none for no backend
     */
    public RehearsedFarm(Path folder, Map<String, String> more, long... nanosPerNonce) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of("DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1"));
        settings.putAll(more);
        node = new BackendNode(folder, settings);
        for (long nanos : nanosPerNonce) node.backend(MODEL, nanos);
        node.start();
        if (nanosPerNonce.length == 0) return;
        Waiting.until("all devices are there", () -> node.answer("GET", "/api/v1/overview", "", BackendNode.JOIN_TOKEN).path("devices").size() == nanosPerNonce.length);
        if (settings.get("DELEGATION_MLNODE").equals("on")) {
            Waiting.until("it tells its model", () -> node.send("GET", "/mlnode/" + TOKEN + "/v1/models", "", "").body().contains(MODEL));
        }
    }

    public int port() {
        return node.port();
    }

    /** The address as it stands in a participant's node list. */
    public String url() {
        return "http://127.0.0.1:" + node.port() + "/mlnode/" + TOKEN;
    }

    /** Has a backend fail in a way of {@link StandInBackend.Fault}. */
    public void fail(int backend, String fault) throws Exception {
        node.fail(backend, StandInBackend.Fault.valueOf(fault.toUpperCase(Locale.ROOT)), 1);
    }

    /** Whether any session is not over. */
    public boolean isBusy() throws Exception {
        return node.answer("GET", "/api/v1/overview", "", BackendNode.JOIN_TOKEN).path("totals").path("running_sessions").asInt() > 0;
    }

    @Override
    public void close() throws Exception {
        node.close();
    }
}
