package io.bignode.config;

import java.util.Optional;

/**
 * An Artemis of its own.
 *
 * @param url      as Artemis' clients write it
 * @param user     whom to connect as
 * @param password what proves it
 */
public record ExternalBroker(String url, String user, Token password) {
    private static final String URL = "DELEGATION_BROKER_URL";
    private static final String USER = "DELEGATION_BROKER_USER";
    private static final String PASSWORD = "DELEGATION_BROKER_PASSWORD";

    /** Reads it; what is said of a faulty URL does not hold the URL. */
    static Optional<ExternalBroker> read(EnvironmentReader reader) {
        Optional<String> url = reader.text(URL);
        if (url.isEmpty()) return Optional.empty();
        if (!url.get().matches("\\(?tcp://.+")) {
            reader.fault(URL, "is no URL of an Artemis broker; write tcp://HOST:61616?sslEnabled=true&trustStorePath=…,"
                    + " or (tcp://A:61616,tcp://B:61616)?ha=true for a replicated pair");
        }
        Optional<String> user = reader.text(USER);
        Optional<Token> password = BrokerSettings.token(reader, PASSWORD);
        if (user.isEmpty()) reader.fault(USER, "is not set, " + URL + " is; set it and " + PASSWORD);
        else if (reader.text(PASSWORD).isEmpty()) reader.fault(PASSWORD, "is not set, " + URL + " is; set it and " + USER);
        return user.isPresent() && password.isPresent() ? Optional.of(new ExternalBroker(url.get(), user.get(), password.get())) : Optional.empty();
    }

    /** Says as whom, not where: a URL may hold the password of a key store. */
    @Override
    public String toString() {
        return "ExternalBroker[" + user + "]";
    }
}
