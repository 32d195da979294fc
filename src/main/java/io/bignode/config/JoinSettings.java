package io.bignode.config;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a worker that joins a head on another host.
 *
 * @param target     the head's HOST:PORT; empty where an external broker is used
 * @param fingerprint SHA-256 of the head's certificate, in hexadecimal digits; empty where the certificates the system trusts count
 * @param token      the join token
 * @param external   a broker of its own that the head uses too
 * @param name       the worker's name, where the operator gave one
 * @param dataDir    this worker's own folder
 * @param poolsDir   where generated weight pools are kept
 * @param cacheBytes how much of that folder may be used
 * @param devices    which devices compute, and how
 */
public record JoinSettings(
        Optional<Target> target,
        Optional<String> fingerprint,
        Optional<Token> token,
        Optional<ExternalBroker> external,
        Optional<String> name,
        Path dataDir,
        Path poolsDir,
        long cacheBytes,
        DeviceSettings devices) {
    /** Where a head listens for workers. */
    public record Target(String host, int port) {}

    /**
     * Reads them.
     *
     * @throws InvalidSettingsException with every fault
     */
    public static JoinSettings load(Map<String, String> environment) throws InvalidSettingsException {
        EnvironmentReader reader = new EnvironmentReader(environment);
        LogSettings.read(reader); // for its faults alone: the log is written so since the process began
        Path dataDir = Settings.dataDir(reader);
        Path cache = Settings.cacheDir(reader, dataDir);
        JoinSettings settings = new JoinSettings(
                target(reader),
                fingerprint(reader),
                BrokerSettings.token(reader, Setting.JOIN_TOKEN),
                ExternalBroker.read(reader),
                name(reader),
                dataDir,
                cache.resolve("pools"),
                (long) reader.integer(Setting.CACHE_GIB) << 30,
                DeviceSettings.read(reader, cache));
        if (settings.external().isEmpty() && reader.text(Setting.JOIN).isEmpty()) {
            reader.fault(Setting.JOIN, "is not set; give the head's HOST:PORT there or with --join, as the head prints it when it starts");
        }
        if (settings.external().isEmpty() && reader.text(Setting.JOIN_TOKEN).isEmpty()) {
            reader.fault(Setting.JOIN_TOKEN, "is not set; set it to the head's join token, which is in the file join-token of the head's data folder");
        }
        reader.check();
        return settings;
    }

    private static Optional<Target> target(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.JOIN);
        if (text.isEmpty()) return Optional.empty();
        int colon = text.get().lastIndexOf(':');
        if (colon > 0 && text.get().substring(colon + 1).matches("\\d{1,5}") && text.get().substring(0, colon).matches("\\[?[A-Za-z0-9._:%-]+]?")) {
            int port = Integer.parseInt(text.get().substring(colon + 1));
            String host = text.get().substring(0, colon).replaceAll("[\\[\\]]", "");
            if (port >= 1 && port <= 65_535) return Optional.of(new Target(host, port));
        }
        reader.fault(Setting.JOIN, "is " + EnvironmentReader.quoted(text.get()) + "; it must be HOST:PORT, for instance head.example.org:"
                + Setting.WORKER_PORT.example());
        return Optional.empty();
    }

    private static Optional<String> fingerprint(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.JOIN_FINGERPRINT).map(value -> value.replace(":", "").toLowerCase(Locale.ROOT));
        if (text.isPresent() && !text.get().matches("[0-9a-f]{64}")) {
            reader.fault(Setting.JOIN_FINGERPRINT, "must be the 64 hexadecimal digits of SHA-256 that the head prints when it starts");
            return Optional.empty();
        }
        return text;
    }

    private static Optional<String> name(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.WORKER_NAME);
        if (text.isPresent() && (!text.get().matches("[a-z0-9][a-z0-9-]{0,63}") || text.get().equals("local"))) {
            reader.fault(Setting.WORKER_NAME, "is " + EnvironmentReader.quoted(text.get())
                    + "; it must have small letters, digits and dashes, for instance farm-3, and not be local");
            return Optional.empty();
        }
        return text;
    }
}
