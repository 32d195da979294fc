package io.bignode.config;

import java.util.List;
import java.util.stream.Collectors;

/** The settings cannot be used; carries every fault found, not only the first. */
public final class InvalidSettingsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<SettingFault> faults;

    /**
     * Settings with these faults.
     *
     * @param faults what is wrong, at least one
     */
    public InvalidSettingsException(List<SettingFault> faults) {
        super(faults.stream().map(SettingFault::toString).collect(Collectors.joining("; ")));
        this.faults = List.copyOf(faults);
    }

    /** Everything that is wrong. */
    public List<SettingFault> faults() {
        return faults;
    }
}
