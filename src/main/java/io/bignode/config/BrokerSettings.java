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
    private static final List<String> ANYWHERE = List.of("0.0.0.0", "::", "[::]");

    /** The file in the data folder that keeps the join token. */
    static final String TOKEN_FILE = "join-token";

    /** Reads them. */
    static BrokerSettings read(EnvironmentReader reader) {
        return new BrokerSettings(
                reader.host(Setting.WORKER_HOST),
                reader.integerIfSet(Setting.WORKER_PORT),
                token(reader, Setting.JOIN_TOKEN),
                TlsSettings.read(reader, Setting.WORKER_TLS_CERT, Setting.WORKER_TLS_KEY, "have one made"),
                ExternalBroker.read(reader),
                reader.number(Setting.VERIFY_SHARE));
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

    /** Small nodes and workers need different ports. Where the operating system hands over the API's port, the settings do not know which it is. */
    void requireOwnPort(EnvironmentReader reader, String apiHost, int apiPort) {
        if (port.isEmpty() || port.get() == 0 || port.get() != apiPort || reader.text("LISTEN_FDS").isPresent()) return;
        if (!host.equals(apiHost) && !ANYWHERE.contains(host) && !ANYWHERE.contains(apiHost)) return;
        int example = Integer.parseInt(Setting.WORKER_PORT.example());
        reader.fault(Setting.WORKER_PORT, "is " + apiPort + ", on which small nodes are served already (" + Setting.PORT + "); choose another, for instance "
                + (apiPort == example ? example + 1 : example));
    }

    static Optional<Token> token(EnvironmentReader reader, Setting setting) {
        return reader.text(setting).flatMap(text -> token(reader, setting, text, ""));
    }

    /**
     * A token that stands in a setting; empty where it cannot be used, which is a fault of the setting.
     *
     * @param whose words between the setting's name and what is wrong with the token
     */
    static Optional<Token> token(EnvironmentReader reader, Setting setting, String text, String whose) {
        Optional<String> refusal = Token.refusal(text);
        if (refusal.isEmpty()) return Optional.of(Token.of(text));
        reader.fault(setting, whose + refusal.get());
        return Optional.empty();
    }
}
