package io.bignode.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads typed variables and collects every fault instead of stopping at the first. An empty variable is an absent one: that is how
 * compose files pass what the operator left out.
 */
final class EnvironmentReader {
    private final Map<String, String> environment;
    private final List<InvalidSettingsException.Fault> faults = new ArrayList<>();

    EnvironmentReader(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** The setting's value without blanks around it. */
    Optional<String> text(Setting setting) {
        return text(setting.variable());
    }

    /** The value of a variable of the operating system. */
    Optional<String> text(String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** The setting's value, or the one that counts where none is set. */
    String textOrUsual(Setting setting) {
        return text(setting).orElseGet(setting::usual);
    }

    /** A whole number; the usual one where the setting is missing or faulty. */
    int integer(Setting setting) {
        return integerIfSet(setting).orElseGet(() -> Integer.parseInt(setting.usual()));
    }

    /** A whole number; empty where the setting is missing, its example where it is faulty. */
    Optional<Integer> integerIfSet(Setting setting) {
        Optional<String> text = text(setting);
        if (text.isEmpty()) return Optional.empty();
        int min = (int) setting.min();
        int max = (int) setting.max();
        try {
            int value = Integer.parseInt(text.get());
            if (value >= min && value <= max) return Optional.of(value);
        } catch (NumberFormatException e) {
            // reported below, in the same words as a number out of range
        }
        fault(setting, "is " + quoted(text.get()) + "; it must be a whole number from " + min + " to " + max + ", for instance " + setting.example());
        return Optional.of(Integer.valueOf(setting.example()));
    }

    /** A finite number; the usual one where the setting is missing or faulty. */
    double number(Setting setting) {
        double usual = Double.parseDouble(setting.usual());
        Optional<String> text = text(setting);
        if (text.isEmpty()) return usual;
        try {
            double value = Double.parseDouble(text.get());
            if (value >= setting.min() && value <= setting.max()) return value;
        } catch (NumberFormatException e) {
            // reported below, in the same words as a number out of range
        }
        fault(setting, "is " + quoted(text.get()) + "; it must be a number from " + setting.min() + " to " + setting.max() + ", for instance "
                + setting.example());
        return usual;
    }

    /** {@code on} or {@code off}, or {@code true} or {@code false}; the usual one where the setting is missing or faulty. */
    boolean flag(Setting setting) {
        Optional<Boolean> flag = parsedFlag(textOrUsual(setting));
        if (flag.isEmpty()) fault(setting, "is " + quoted(textOrUsual(setting)) + "; it must be on or off (true or false)");
        return flag.or(() -> parsedFlag(setting.usual())).orElseThrow();
    }

    private static Optional<Boolean> parsedFlag(String text) {
        return switch (text) {
            case "on", "true" -> Optional.of(true);
            case "off", "false" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    /** An address or a host name; the usual one where the setting is missing. */
    String host(Setting setting) {
        String host = textOrUsual(setting);
        if (!host.matches("[A-Za-z0-9._:%-]+")) {
            fault(setting, "is " + quoted(host) + "; it must be an address or a host name alone, for instance " + setting.usual());
        }
        return host;
    }

    /** An absolute path; empty where the setting is missing or faulty. */
    Optional<Path> path(Setting setting) {
        return path(setting.variable());
    }

    /** An absolute path in a variable of the operating system; empty where it is missing or faulty. */
    Optional<Path> path(String name) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return Optional.empty();
        if (text.get().startsWith("~")) {
            fault(name, "is " + quoted(text.get()) + ", a ~ that no shell expanded; write the folder's whole path");
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(text.get()).toAbsolutePath().normalize());
        } catch (InvalidPathException e) {
            fault(name, "is " + quoted(text.get()) + ", which is no path: " + e.getReason());
            return Optional.empty();
        }
    }

    void fault(Setting setting, String message) {
        fault(setting.variable(), message);
    }

    void fault(String name, String message) {
        faults.add(new InvalidSettingsException.Fault(name, message));
    }

    void faults(InvalidSettingsException more) {
        faults.addAll(more.faults());
    }

    boolean clean() {
        return faults.isEmpty();
    }

    void check() throws InvalidSettingsException {
        if (!faults.isEmpty()) throw new InvalidSettingsException(faults);
    }

    /** A value as it may be shown on a terminal: short, and without control characters. */
    static String quoted(String value) {
        String shown = value.length() > 80 ? value.substring(0, 80) + "…" : value;
        return "'" + shown.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
