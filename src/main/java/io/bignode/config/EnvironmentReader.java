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
    private final List<SettingFault> faults = new ArrayList<>();

    EnvironmentReader(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** The variable's value without blanks around it. */
    Optional<String> text(String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** An integer in {@code [min, max]}; {@code absent} where the variable is missing or faulty. */
    int integer(String name, int min, int max, int absent) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return absent;
        try {
            int value = Integer.parseInt(text.get());
            if (value >= min && value <= max) return value;
        } catch (NumberFormatException e) {
            // said below, in the same words as for a number out of range
        }
        fault(
                name,
                "is " + quoted(text.get()) + "; it must be a whole number from " + min + " to " + max
                        + ", for instance " + absent);
        return absent;
    }

    /** A finite number in {@code [min, max]}; {@code absent} where the variable is missing or faulty. */
    double number(String name, double min, double max, double absent) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return absent;
        try {
            double value = Double.parseDouble(text.get());
            if (value >= min && value <= max) return value;
        } catch (NumberFormatException e) {
            // said below, in the same words as for a number out of range
        }
        fault(name, "is " + quoted(text.get()) + "; it must be a number from " + min + " to " + max + ", for instance " + absent);
        return absent;
    }

    /** {@code on} or {@code off}, or {@code true} or {@code false}; {@code absent} where the variable is missing or faulty. */
    boolean flag(String name, boolean absent) {
        Optional<String> text = text(name);
        if (text.isEmpty()) return absent;
        return switch (text.get()) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> {
                fault(name, "is " + quoted(text.get()) + "; it must be on or off (true or false)");
                yield absent;
            }
        };
    }

    /** An absolute path; empty where the variable is missing or faulty. */
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

    void fault(String name, String message) {
        faults.add(new SettingFault(name, message));
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
