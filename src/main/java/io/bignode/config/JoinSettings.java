package io.bignode.config;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The settings of a worker that joins a head on another host, or several.
 *
 * @param heads      the heads; empty where an external broker is used
 * @param external   a broker of its own that the head uses too
 * @param name       the worker's name, where the operator gave one
 * @param dataDir    this worker's own folder
 * @param poolsDir   where generated weight pools are kept
 * @param cacheBytes how much of that folder may be used
 * @param devices    which devices compute, and how
 */
public record JoinSettings(
        List<Head> heads,
        Optional<ExternalBroker> external,
        Optional<String> name,
        Path dataDir,
        Path poolsDir,
        long cacheBytes,
        DeviceSettings devices) {
    /** Copies the list. */
    public JoinSettings {
        heads = List.copyOf(heads);
    }

    /** Where a head listens for workers. */
    public record Target(String host, int port) {
        /** {@code HOST:PORT}. */
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * A head.
     *
     * @param target      where it listens
     * @param fingerprint SHA-256 of its certificate, in hexadecimal digits; empty where the certificates the system trusts count
     * @param token       its join token
     */
    public record Head(Target target, Optional<String> fingerprint, Token token) {}

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
        Optional<ExternalBroker> external = ExternalBroker.read(reader);
        JoinSettings settings = new JoinSettings(
                heads(reader, external.isEmpty()),
                external,
                name(reader),
                dataDir,
                cache.resolve("pools"),
                (long) reader.integer(Setting.CACHE_GIB) << 30,
                DeviceSettings.read(reader, cache));
        reader.check();
        return settings;
    }

    /** The heads; none where an external broker is used instead, or one of the settings is faulty. */
    private static List<Head> heads(EnvironmentReader reader, boolean needed) {
        List<Optional<Target>> targets = reader.text(Setting.JOIN).map(JoinSettings::parts).orElse(List.of()).stream().map(part -> target(reader, part)).toList();
        int count = targets.size();
        List<String> whose = targets.stream().map(target -> target.map(known -> "for " + known + " ").orElse("for one of the heads ")).toList();
        List<String> fingerprints = fingerprints(reader, whose);
        List<Optional<Token>> tokens = tokens(reader, whose);
        if (needed && count == 0) {
            reader.fault(Setting.JOIN, "is not set; give the head's HOST:PORT there or with --join, as the head prints it when it starts");
        }
        if (needed && reader.text(Setting.JOIN_TOKEN).isEmpty()) {
            reader.fault(Setting.JOIN_TOKEN, "is not set; set it to the head's join token, which is in the file join-token of the head's data folder");
        }
        List<Target> known = targets.stream().flatMap(Optional::stream).toList();
        Set<Target> twice = new LinkedHashSet<>(known);
        twice.removeIf(target -> Collections.frequency(known, target) == 1);
        if (!twice.isEmpty()) {
            reader.fault(Setting.JOIN, "names " + twice.stream().map(Target::toString).collect(Collectors.joining(" and "))
                    + " more than once; a worker joins a head once");
        }
        if (!needed || known.size() < count || fingerprints.size() < count || tokens.size() < count || tokens.stream().anyMatch(Optional::isEmpty)) return List.of();
        return IntStream.range(0, count)
                .mapToObj(i -> new Head(known.get(i), Optional.of(fingerprints.get(i)).filter(text -> !text.isEmpty()), tokens.get(i).orElseThrow()))
                .toList();
    }

    private static List<String> parts(String list) {
        return Arrays.stream(list.split(",", -1)).map(String::strip).toList();
    }

    private static Optional<Target> target(EnvironmentReader reader, String text) {
        int colon = text.lastIndexOf(':');
        if (colon > 0 && text.substring(colon + 1).matches("\\d{1,5}") && text.substring(0, colon).matches("\\[?[A-Za-z0-9._:%-]+]?")) {
            int port = Integer.parseInt(text.substring(colon + 1));
            String host = text.substring(0, colon).replaceAll("[\\[\\]]", "");
            if (port >= 1 && port <= 65_535) return Optional.of(new Target(host, port));
        }
        reader.fault(Setting.JOIN, "is " + EnvironmentReader.quoted(text) + "; it must be HOST:PORT, for instance head.example.org:"
                + Setting.WORKER_PORT.example() + ", with commas between several heads");
        return Optional.empty();
    }

    /**
     * One for each head, empty for a head whose certificate the system trusts; too few where they are faulty.
     *
     * @param whose the heads, as words before what is wrong
     */
    private static List<String> fingerprints(EnvironmentReader reader, List<String> whose) {
        Optional<String> text = reader.text(Setting.JOIN_FINGERPRINT);
        if (text.isEmpty()) return Collections.nCopies(whose.size(), "");
        boolean several = whose.size() > 1;
        List<String> all = parts(text.get()).stream().map(part -> part.replace(":", "").toLowerCase(Locale.ROOT)).toList();
        if (several && all.size() != whose.size()) {
            reader.fault(Setting.JOIN_FINGERPRINT, count(all.size(), whose.size(), "fingerprint")
                    + "; give one for each, in the same order, with nothing between the commas for a head whose certificate this system trusts");
            return List.of();
        }
        boolean sound = true;
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).matches("[0-9a-f]{64}") || several && all.get(i).isEmpty()) continue;
            reader.fault(Setting.JOIN_FINGERPRINT, (several ? whose.get(i) : "") + "must be the 64 hexadecimal digits of SHA-256 that the head prints when it starts");
            sound = false;
        }
        if (sound && whose.size() == 1 && all.size() > 1) {
            reader.fault(Setting.JOIN_FINGERPRINT, count(all.size(), 1, "fingerprint") + "; give that head's alone");
            sound = false;
        }
        return sound ? all : List.of();
    }

    /** One for each head, empty for one that cannot be used; too few where they are faulty. */
    private static List<Optional<Token>> tokens(EnvironmentReader reader, List<String> whose) {
        if (whose.size() < 2) return List.of(BrokerSettings.token(reader, Setting.JOIN_TOKEN));
        List<String> all = reader.text(Setting.JOIN_TOKEN).map(JoinSettings::parts).orElse(List.of());
        if (all.size() == 1) return Collections.nCopies(whose.size(), BrokerSettings.token(reader, Setting.JOIN_TOKEN));
        if (all.isEmpty()) return List.of();
        if (all.size() != whose.size()) {
            reader.fault(Setting.JOIN_TOKEN, count(all.size(), whose.size(), "token") + "; give one for each, in the same order, or a single one for all of them");
            return List.of();
        }
        return IntStream.range(0, all.size()).mapToObj(i -> BrokerSettings.token(reader, Setting.JOIN_TOKEN, all.get(i), whose.get(i))).toList();
    }

    private static String count(int given, int heads, String word) {
        return "has " + given + " " + word + (given == 1 ? "" : "s") + " and " + Setting.JOIN + " has " + heads + (heads == 1 ? " head" : " heads");
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
