package io.bignode.config;

import java.net.URI;
import java.util.Optional;

/**
 * Whether a head answers an ML node's calls, and where.
 *
 * @param on        whether it does
 * @param port      the port at which it does; 0 takes any that is free; empty where it is the API's port
 * @param inference the server to which calls for inference are passed on; empty where the head's own backends are
 */
public record MlNodeSettings(boolean on, Optional<Integer> port, Optional<URI> inference) {
    /** The path that the clients of such servers write at the end of their URLs, and that a call here has itself. */
    private static final String VERSION = "/v1";

    /** Reads them. */
    static MlNodeSettings read(EnvironmentReader reader) {
        return new MlNodeSettings(reader.flag(Setting.MLNODE), reader.integerIfSet(Setting.MLNODE_PORT), inference(reader));
    }

    private static Optional<URI> inference(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.INFERENCE_URL);
        if (text.isEmpty()) return Optional.empty();
        Optional<URI> url = BackendUrls.parse(text.get());
        String wanted = "; write http://HOST:PORT, for instance http://127.0.0.1:8000";
        if (url.isEmpty()) {
            reader.fault(Setting.INFERENCE_URL, "is no address of a server" + wanted);
        } else if (url.get().getPath().replaceAll("/+$", "").endsWith(VERSION)) {
            reader.fault(Setting.INFERENCE_URL, "ends with " + VERSION + ", which every call begins with itself" + wanted);
        }
        return url;
    }

    /** The port at which it has calls of its own answered; empty where there is none. */
    public Optional<Integer> ownPort() {
        return port.filter(_ -> on);
    }

    /** Each port is one listener's. Where the operating system hands over the API's port, the settings do not know which it is. */
    void requireOwnPort(EnvironmentReader reader, int apiPort, BrokerSettings broker) {
        if (port.isEmpty() || port.get() == 0) return;
        boolean api = port.get() == apiPort && reader.text("LISTEN_FDS").isEmpty();
        if (!api && !port.equals(broker.port())) return;
        int example = Integer.parseInt(Setting.MLNODE_PORT.example());
        int other = example == apiPort || broker.port().filter(worker -> worker == example).isPresent() ? example + 1 : example;
        reader.fault(Setting.MLNODE_PORT, "is " + port.get() + ", which is " + (api ? Setting.PORT : Setting.WORKER_PORT) + " already; choose another, for"
                + " instance " + other);
    }
}
