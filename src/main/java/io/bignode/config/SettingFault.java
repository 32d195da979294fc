package io.bignode.config;

/**
 * One setting that cannot be used.
 *
 * @param setting the environment variable, or the file where the value came from one
 * @param message what is wrong and how to mend it; never a secret
 */
public record SettingFault(String setting, String message) {
    @Override
    public String toString() {
        return setting + " " + message;
    }
}
