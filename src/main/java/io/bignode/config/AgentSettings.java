package io.bignode.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of an agent, all of them usable.
 *
 * @param bigNodes       who computes, the one that is asked first before the others; at least one
 * @param authority      certificates to trust besides the usual ones, when big nodes are called; empty for none
 * @param fingerprints   the only certificates of big nodes to trust; none where their names and their authorities tell
 * @param host           address to listen on
 * @param port           port of an ML node's calls; 0 takes any that is free
 * @param inferencePort  port of an ML node's inference; 0 takes any that is free
 * @param api            where the decentralized-api takes callbacks, where that is told
 * @param folder         this agent's own folder
 * @param sessionLife    from a session's start until it ends here, whatever the big node says
 * @param maxValidations how many requests to validate others may be unanswered
 * @param push           how long, and by which authorities, callbacks are made
 */
public record AgentSettings(
        List<BigNodeAddress> bigNodes, Optional<Path> authority, List<String> fingerprints, String host, int port, int inferencePort, Optional<URI> api, Path folder, Duration sessionLife,
        int maxValidations, PushSettings push) {
    private static final String WANTED = "; write https://HOST:PORT, for instance https://farm.example.org:9090";
    private static final int MAX_TOKEN_FILE = 16_384;

    /** Copies the lists. */
    public AgentSettings {
        bigNodes = List.copyOf(bigNodes);
        fingerprints = List.copyOf(fingerprints);
    }

    /**
     * A big node.
     *
     * @param url   scheme, host and port
     * @param token what it is shown
     */
    public record BigNodeAddress(URI url, Token token) {}

    /**
     * Reads them.
     *
     * @throws InvalidSettingsException with every fault
     */
    public static AgentSettings load(Map<String, String> environment) throws InvalidSettingsException {
        EnvironmentReader reader = new EnvironmentReader(environment);
        LogSettings.read(reader); // for its faults alone: the log is written so since the process began
        List<URI> urls = urls(reader);
        List<Token> tokens = tokens(reader, urls.size());
        List<String> fingerprints = fingerprints(reader);
        Optional<Path> authority = authority(reader);
        Optional<URI> api = api(reader);
        String host = reader.host(Setting.AGENT_HOST);
        int port = reader.integer(Setting.AGENT_PORT);
        int inferencePort = reader.integer(Setting.AGENT_INFERENCE_PORT);
        if (port != 0 && port == inferencePort) {
            reader.fault(Setting.AGENT_INFERENCE_PORT, "is " + port + ", which is " + Setting.AGENT_PORT + " already; choose another");
        }
        Path folder = Settings.dataDir(reader).resolve("agent");
        Duration life = Duration.ofSeconds(reader.integer(Setting.SESSION_SECONDS));
        int maxValidations = reader.integer(Setting.MAX_VALIDATIONS);
        PushSettings push = PushSettings.readOfAgent(reader);
        reader.check();
        List<BigNodeAddress> bigNodes = new ArrayList<>();
        for (int i = 0; i < urls.size(); i++) bigNodes.add(new BigNodeAddress(urls.get(i), tokens.get(tokens.size() == 1 ? 0 : i)));
        return new AgentSettings(bigNodes, authority, fingerprints, host, port, inferencePort, api, folder, life, maxValidations, push);
    }

    private static List<String> entries(String text) {
        return List.of(text.strip().split("[,\\s]+"));
    }

    private static List<URI> urls(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.BIG_NODE);
        if (text.isEmpty()) {
            reader.fault(Setting.BIG_NODE, "is not set" + WANTED);
            return List.of();
        }
        List<URI> urls = new ArrayList<>();
        for (String entry : entries(text.get())) {
            Optional<URI> url = BackendUrls.parse(entry.replaceFirst("/+$", "")).filter(one -> one.getRawPath().isEmpty());
            // It is not repeated, as a token may stand in it.
            if (url.isEmpty()) reader.fault(Setting.BIG_NODE, "holds an entry that is no address of a big node (number " + (urls.size() + 1) + ")" + WANTED);
            else if (urls.contains(url.get())) reader.fault(Setting.BIG_NODE, "names " + EnvironmentReader.quoted(entry) + " twice");
            urls.add(url.orElse(URI.create("https://none")));
        }
        return urls;
    }

    private static List<Token> tokens(EnvironmentReader reader, int bigNodes) {
        Optional<Path> file = reader.path(Setting.BIG_NODE_TOKEN_FILE);
        Optional<String> given = reader.text(Setting.BIG_NODE_TOKEN);
        Setting setting = file.isPresent() ? Setting.BIG_NODE_TOKEN_FILE : Setting.BIG_NODE_TOKEN;
        if (file.isPresent() && given.isPresent()) {
            reader.fault(Setting.BIG_NODE_TOKEN, "is set, and so is " + Setting.BIG_NODE_TOKEN_FILE + "; set one of them");
            return List.of();
        }
        Optional<String> text = file.isPresent() ? content(reader, file.get()) : given;
        if (text.isEmpty()) {
            if (file.isEmpty()) {
                reader.fault(setting, "is not set; set it to the token that the big node's operator gave you, or " + Setting.BIG_NODE_TOKEN_FILE
                        + " to a file that holds it");
            }
            return List.of();
        }
        List<Token> tokens = new ArrayList<>();
        for (String entry : entries(text.get())) {
            Optional<String> refusal = Token.refusal(entry, true);
            refusal.ifPresent(reason -> reader.fault(setting, "holds a token (number " + (tokens.size() + 1) + ") that " + reason));
            tokens.add(refusal.isPresent() ? Token.random() : Token.ofAnyLength(entry));
        }
        if (tokens.size() != 1 && tokens.size() != bigNodes) {
            reader.fault(setting, "holds " + tokens.size() + " tokens for " + bigNodes + " big nodes; give one for all, or one for each");
        }
        return tokens;
    }

    private static Optional<String> content(EnvironmentReader reader, Path file) {
        try {
            if (Files.isRegularFile(file) && Files.size(file) > MAX_TOKEN_FILE) {
                reader.fault(Setting.BIG_NODE_TOKEN_FILE, "is " + file + ", which is too large to hold a token");
                return Optional.empty();
            }
            return Optional.of(Files.readString(file));
        } catch (IOException unreadable) {
            reader.fault(Setting.BIG_NODE_TOKEN_FILE, "is " + file + ", which cannot be read: " + unreadable.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    private static List<String> fingerprints(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.BIG_NODE_FINGERPRINT);
        if (text.isEmpty()) return List.of();
        List<String> all = entries(text.get()).stream().map(one -> one.replace(":", "").toLowerCase(Locale.ROOT)).toList();
        if (!all.stream().allMatch(one -> one.matches("[0-9a-f]{64}"))) {
            reader.fault(Setting.BIG_NODE_FINGERPRINT, "must be the 64 hexadecimal digits of SHA-256 of the big node's certificate");
        }
        return all;
    }

    private static Optional<Path> authority(EnvironmentReader reader) {
        Optional<Path> authority = reader.path(Setting.BIG_NODE_CA);
        if (authority.isEmpty()) return authority;
        try {
            PemFile.certificates(authority.get());
        } catch (InvalidSettingsException unusable) {
            reader.faults(unusable);
        }
        return authority;
    }

    private static Optional<URI> api(EnvironmentReader reader) {
        Optional<String> text = reader.text(Setting.AGENT_API);
        Optional<URI> api = text.flatMap(BackendUrls::parse);
        if (text.isPresent() && api.isEmpty()) reader.fault(Setting.AGENT_API, "is no address of a server; write http://HOST:PORT");
        return api;
    }
}
