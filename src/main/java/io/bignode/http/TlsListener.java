package io.bignode.http;

import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServerConfig;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;

/** Serves over TLS 1.3 and 1.2. */
final class TlsListener {
    private TlsListener() {}

    /**
     * Adds TLS to a server.
     *
     * @param context whom each new connection asks who this server is
     * @param stalled how long to wait for more of a handshake
     */
    static void serve(WebServerConfig.Builder server, SSLContext context, Duration stalled) {
        // Over NIO Helidon would ask the name service for each client's name, and wait in a handshake without an end.
        server.useNio(false)
                .connectionOptions(options -> options.readTimeout(stalled))
                .tls(Tls.builder().sslContext(context).enabledProtocols(List.of("TLSv1.3", "TLSv1.2")).build());
    }
}
