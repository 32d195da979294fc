package io.bignode.config;

import java.util.Optional;

/**
 * An Artemis of its own.
 *
 * @param url      as Artemis' clients write it
 * @param user     whom to connect as
 * @param password the password of that user
 */
public record ExternalBroker(String url, String user, Token password) {
    /** Reads it. The message about a faulty URL does not hold the URL. */
    static Optional<ExternalBroker> read(EnvironmentReader reader) {
        Optional<String> url = reader.text(Setting.BROKER_URL);
        if (url.isEmpty()) return Optional.empty();
        if (!url.get().matches("\\(?tcp://.+")) {
            reader.fault(Setting.BROKER_URL, "is no URL of an Artemis broker; write tcp://HOST:61616?sslEnabled=true&trustStorePath=…,"
                    + " or (tcp://A:61616,tcp://B:61616)?ha=true for a replicated pair");
        }
        Optional<String> user = reader.text(Setting.BROKER_USER);
        Optional<Token> password = BrokerSettings.token(reader, Setting.BROKER_PASSWORD);
        if (user.isEmpty()) {
            reader.fault(Setting.BROKER_USER, "is not set, " + Setting.BROKER_URL + " is; set it and " + Setting.BROKER_PASSWORD);
        } else if (reader.text(Setting.BROKER_PASSWORD).isEmpty()) {
            reader.fault(Setting.BROKER_PASSWORD, "is not set, " + Setting.BROKER_URL + " is; set it and " + Setting.BROKER_USER);
        }
        return user.isPresent() && password.isPresent() ? Optional.of(new ExternalBroker(url.get(), user.get(), password.get())) : Optional.empty();
    }

    /** Says as whom, not where: a URL may hold the password of a key store. */
    @Override
    public String toString() {
        return "ExternalBroker[" + user + "]";
    }
}
