package io.bignode.cli.serve;

import io.bignode.config.Setting;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that name the heads of a worker; they count instead of the settings of the same meaning. */
public final class JoinOptions {
    @ArgGroup(exclusive = false, multiplicity = "0..*")
    private final List<Head> heads = new ArrayList<>();

    /** The options of one head; a fingerprint belongs to the address beside it. */
    private static final class Head {
        @Option(names = "--join", paramLabel = "HOST:PORT", description = "The head's address for workers, as the head prints it when it starts.")
        private @Nullable String join;

        @Option(
                names = "--fingerprint",
                paramLabel = "SHA256",
                description = "SHA-256 of the head's certificate, as the head prints it when it starts. Without it, this system must trust the certificate.")
        private @Nullable String fingerprint;
    }

    /** Whether a head's address was given. */
    public boolean joins() {
        return heads.stream().anyMatch(head -> head.join != null);
    }

    /** Whether a fingerprint was given without an address beside it. */
    public boolean hasFingerprintAlone() {
        return heads.stream().anyMatch(head -> head.join == null);
    }

    /** An environment in which these options stand in place of its own settings. */
    public Map<String, String> over(Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment);
        if (joins()) all.put(Setting.JOIN.variable(), list(head -> head.join));
        if (heads.stream().anyMatch(head -> head.fingerprint != null)) all.put(Setting.JOIN_FINGERPRINT.variable(), list(head -> head.fingerprint));
        return all;
    }

    private String list(Function<Head, @Nullable String> option) {
        return heads.stream().map(option).map(value -> Objects.requireNonNullElse(value, "")).collect(Collectors.joining(","));
    }
}
