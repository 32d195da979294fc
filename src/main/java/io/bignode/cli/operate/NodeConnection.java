package io.bignode.cli.operate;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Token;
import io.bignode.node.CommandException;
import io.bignode.node.tls.TrustedAuthorities;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options with which a command names a big node, and the connection to it that follows from them. */
public final class NodeConnection {
    private static final Duration CONNECT_TIME = Duration.ofSeconds(10);

    @Option(names = "--url", paramLabel = "URL", description = "The address of the big node (${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private URI url;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "A PEM file with certificates to trust besides the usual ones, for a big node with https and an authority of its own.")
    private @Nullable Path authority;

    /**
     * The node's address, without the path of a call.
     *
     * @throws CommandException when what was given is none
     */
    public URI base() {
        return NodeUrl.checked(url);
    }

    /**
     * A client of the node.
     *
     * @param environment the process's environment variables, by which the head of this host is known
     * @throws CommandException when certificates cannot be used
     */
    public HttpClient client(Map<String, String> environment) {
        HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIME);
        if (authority == null) {
            new HeadAddress(environment).trust(base()).ifPresent(builder::sslContext);
            return builder.build();
        }
        try {
            return builder.sslContext(TrustedAuthorities.with(authority)).build();
        } catch (InvalidSettingsException unusable) {
            throw CommandException.usage(String.valueOf(unusable.getMessage()));
        }
    }

    /**
     * A request to a node.
     *
     * @param base  the node's address
     * @param path  below {@code /api/v1}
     * @param token what the caller shows
     */
    public static HttpRequest.Builder request(URI base, String path, Token token, Duration timeout) {
        return HttpRequest.newBuilder(URI.create(base + "/api/v1" + path)).timeout(timeout).header("Authorization", "Bearer " + token.secret());
    }
}
