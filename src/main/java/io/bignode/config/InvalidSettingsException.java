package io.bignode.config;

import java.util.List;
import java.util.stream.Collectors;

/** The settings cannot be used; carries every fault found, not only the first. */
public final class InvalidSettingsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Fault> faults;

    /**
     * One setting that cannot be used.
     *
     * @param setting the environment variable, or the file where the value came from one
     * @param message what is wrong and how to correct it; never a secret
     */
    public record Fault(String setting, String message) {
        @Override
        public String toString() {
            return setting + " " + message;
        }
    }

    /**
     * Settings with these faults.
     *
     * @param faults what is wrong, at least one
     */
    public InvalidSettingsException(List<Fault> faults) {
        super(faults.stream().map(Fault::toString).collect(Collectors.joining("; ")));
        this.faults = List.copyOf(faults);
    }

    /** One setting or file with a fault. */
    InvalidSettingsException(String setting, String message) {
        this(List.of(new Fault(setting, message)));
    }

    /** Everything that is wrong. */
    public List<Fault> faults() {
        return faults;
    }
}
