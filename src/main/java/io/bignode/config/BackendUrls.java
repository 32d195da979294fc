package io.bignode.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The addresses of vLLM backends. */
final class BackendUrls {
    /** More than any host has GPUs. */
    private static final int MAX = 64;

    private BackendUrls() {}

    /** Reads them, and names every entry that is none. */
    static List<URI> read(EnvironmentReader reader) {
        List<URI> backends = new ArrayList<>();
        for (String entry : reader.text(Setting.BACKENDS).orElse("").split("[,\\s]+")) {
            if (entry.isEmpty()) continue;
            Optional<URI> backend = parse(entry);
            if (backend.isEmpty()) {
                reader.fault(Setting.BACKENDS, "holds an entry that is no address of a backend (number " + (backends.size() + 1)
                        + "); write http://HOST:PORT, for instance http://127.0.0.1:5001");
                return List.of();
            }
            if (backends.contains(backend.get())) reader.fault(Setting.BACKENDS, "names " + EnvironmentReader.quoted(entry) + " twice");
            backends.add(backend.get());
        }
        if (backends.size() > MAX) reader.fault(Setting.BACKENDS, "names " + backends.size() + " backends; a host has at most " + MAX);
        return backends;
    }

    /** An address that may stand in logs: no user and no password. */
    static Optional<URI> parse(String entry) {
        try {
            URI url = new URI(entry);
            boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            boolean plain = url.getRawUserInfo() == null && url.getRawQuery() == null && url.getRawFragment() == null;
            return web && plain && url.getHost() != null ? Optional.of(url) : Optional.empty();
        } catch (URISyntaxException _) {
            return Optional.empty();
        }
    }
}
