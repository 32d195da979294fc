package io.bignode.cli.serve;

import io.bignode.config.Setting;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name the head of a worker; they count instead of the settings of the same meaning. */
public final class JoinOptions {
    @Option(names = "--join", paramLabel = "HOST:PORT", description = "The head's address for workers, as the head prints it when it starts.")
    private @Nullable String join;

    @Option(
            names = "--fingerprint",
            paramLabel = "SHA256",
            description = "SHA-256 of the head's certificate, as the head prints it when it starts. Without it, this system must trust the certificate.")
    private @Nullable String fingerprint;

    /** The head's address; empty where none was given. */
    public Optional<String> join() {
        return Optional.ofNullable(join);
    }

    /** The fingerprint of the head's certificate; empty where none was given. */
    public Optional<String> fingerprint() {
        return Optional.ofNullable(fingerprint);
    }

    /** An environment in which these options stand in place of its own settings. */
    Map<String, String> over(Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment);
        join().ifPresent(text -> all.put(Setting.JOIN.variable(), text));
        fingerprint().ifPresent(text -> all.put(Setting.JOIN_FINGERPRINT.variable(), text));
        return all;
    }
}
