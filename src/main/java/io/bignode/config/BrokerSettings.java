package io.bignode.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How workers on other hosts join, and how far they are trusted.
 *
 * @param host        address to listen for them on
 * @param port        port to listen for them on; 0 takes any that is free; empty where the head's own devices work alone
 * @param givenToken  the join token the operator gave; empty where the one in the data folder counts
 * @param tls         the files with the certificate the head shows to workers; empty where it makes its own
 * @param external    a broker of its own, instead of the one in the head
 * @param verifyShare the share of their results that is computed again
 */
public record BrokerSettings(
        String host, Optional<Integer> port, Optional<Token> givenToken, Optional<TlsSettings> tls, Optional<ExternalBroker> external, double verifyShare) {
    private static final String HOST = "DELEGATION_WORKER_HOST";
    private static final String PORT = "DELEGATION_WORKER_PORT";
    static final String TOKEN = "DELEGATION_JOIN_TOKEN";
    private static final int USUAL_PORT = 9091;
    private static final List<String> ANYWHERE = List.of("0.0.0.0", "::", "[::]");
    private static final double USUAL_SHARE = 0.02;

    /** The file in the data folder that keeps the join token. */
    static final String TOKEN_FILE = "join-token";

    /** Reads them. */
    static BrokerSettings read(EnvironmentReader reader) {
        return new BrokerSettings(
                host(reader),
                reader.text(PORT).map(_ -> reader.integer(PORT, 0, 65_535, USUAL_PORT)),
                token(reader, TOKEN),
                TlsSettings.read(reader, "DELEGATION_WORKER_TLS_CERT", "DELEGATION_WORKER_TLS_KEY", "have one made"),
                ExternalBroker.read(reader),
                reader.number("DELEGATION_VERIFY_SHARE", 0, 1, USUAL_SHARE));
    }

    /**
     * What workers must show: the given token, or the one in the data folder, which is made when it is missing.
     *
     * @throws InvalidSettingsException when the file cannot be used
     */
    public Token joinToken(Path dataDir) throws InvalidSettingsException {
        return givenToken.isPresent() ? givenToken.get() : new TokenFile(dataDir, TOKEN_FILE).readOrMake();
    }

    /** The file with the join token; empty where the token is given. */
    public Optional<Path> tokenFile(Path dataDir) {
        return givenToken.isPresent() ? Optional.empty() : Optional.of(dataDir.resolve(TOKEN_FILE));
    }

    /** A port that small nodes connect to is none that workers can connect to. Where the operating system hands over the port, the settings do not tell which. */
    void requireOwnPort(EnvironmentReader reader, String apiHost, int apiPort) {
        if (port.isEmpty() || port.get() == 0 || port.get() != apiPort || reader.text("LISTEN_FDS").isPresent()) return;
        if (!host.equals(apiHost) && !ANYWHERE.contains(host) && !ANYWHERE.contains(apiHost)) return;
        reader.fault(PORT, "is " + apiPort + ", on which small nodes are served already (DELEGATION_PORT); choose another, for instance "
                + (apiPort == USUAL_PORT ? USUAL_PORT + 1 : USUAL_PORT));
    }

    private static String host(EnvironmentReader reader) {
        String host = reader.text(HOST).orElse("0.0.0.0");
        if (!host.matches("[A-Za-z0-9._:%-]+")) {
            reader.fault(HOST, "is " + EnvironmentReader.quoted(host) + "; it must be an address or a host name alone, for instance 0.0.0.0");
        }
        return host;
    }

    static Optional<Token> token(EnvironmentReader reader, String name) {
        Optional<String> text = reader.text(name);
        if (text.isEmpty()) return Optional.empty();
        Optional<String> refusal = Token.refusal(text.get());
        if (refusal.isEmpty()) return Optional.of(Token.of(text.get()));
        reader.fault(name, refusal.get());
        return Optional.empty();
    }
}
