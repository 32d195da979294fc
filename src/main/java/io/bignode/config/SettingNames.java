package io.bignode.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The names of all variables that are ours: those of the program, its launcher, the deploy files and the small nodes. An operator who mistypes one would
 * otherwise never hear of it, as a variable that nobody reads is no fault of anybody.
 */
public final class SettingNames {
    private static final List<String> PREFIXES = List.of("DELEGATION_", "BIGNODE_");

    /** Read by {@code serve}, {@code worker} and the commands beside them. */
    static final Set<String> OF_THE_PROGRAM = Set.of(
            "BIGNODE_DEBUG", "DELEGATION_ALLOW_SHORT_TOKEN", "DELEGATION_AUTH_TOKEN", "DELEGATION_BROKER_PASSWORD", "DELEGATION_BROKER_URL",
            "DELEGATION_BROKER_USER", "DELEGATION_CACHE_GIB", "DELEGATION_CALLBACK_CA", "DELEGATION_CALLBACK_HOSTS", "DELEGATION_CUDA_LIBRARIES",
            "DELEGATION_DATA_DIR", "DELEGATION_DB_URL", "DELEGATION_DEVICES", "DELEGATION_GPU_MEMORY_GIB", "DELEGATION_HOPPER_FFN", "DELEGATION_HOST",
            "DELEGATION_JOIN", "DELEGATION_JOIN_FINGERPRINT", "DELEGATION_JOIN_TOKEN", "DELEGATION_LINGER_SECONDS", "DELEGATION_LOG_FORMAT",
            "DELEGATION_MARGIN", "DELEGATION_MAX_SESSIONS", "DELEGATION_MAX_WAITING", "DELEGATION_PORT", "DELEGATION_SESSION_SECONDS",
            "DELEGATION_TLS_CERT", "DELEGATION_TLS_KEY", "DELEGATION_TOKENS_FILE", "DELEGATION_VERIFY_SHARE", "DELEGATION_WORKER_HOST",
            "DELEGATION_WORKER_NAME", "DELEGATION_WORKER_PORT", "DELEGATION_WORKER_TLS_CERT", "DELEGATION_WORKER_TLS_KEY", "DELEGATION_WRONG_TOKENS");

    /** Read by the launcher, the deploy files, the measuring scripts and small nodes; a shell that works with them may also start the program. */
    static final Set<String> OF_WHAT_IS_BESIDE_IT = Set.of(
            "BIGNODE_AOT", "BIGNODE_BIND", "BIGNODE_CA", "BIGNODE_CONFIG_DIR", "BIGNODE_CUDA_VERSION", "BIGNODE_DIST", "BIGNODE_GPUS", "BIGNODE_GRAFANA_PASSWORD_FILE", "BIGNODE_GRAFANA_PORT",
            "BIGNODE_IMAGE", "BIGNODE_JAVA_DIRS", "BIGNODE_JAVA_OPTS", "BIGNODE_METRICS_RETENTION", "BIGNODE_METRICS_TOKEN_FILE", "BIGNODE_MONITORING",
            "BIGNODE_PROC", "BIGNODE_PROMETHEUS_CA", "BIGNODE_PROMETHEUS_CONFIG", "BIGNODE_PROMETHEUS_PORT", "BIGNODE_ROLE", "BIGNODE_TOKEN", "DELEGATION_ENABLED", "DELEGATION_URL");

    /** What Kubernetes tells each container of a service named bignode or delegation. */
    private static final Pattern OF_KUBERNETES = Pattern.compile("[A-Z0-9_]+_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)|BIGNODE_PORT");

    /** Two slips of the finger. */
    private static final int NEAR = 2;

    private SettingNames() {}

    /**
     * A variable that looks like a setting and is none.
     *
     * @param name  what it is called
     * @param meant the setting that its name resembles; empty where it resembles none
     */
    public record Unknown(String name, Optional<String> meant) {
        /** What an operator is told; never the value, which may be a token. */
        public String message() {
            return "is no setting and changes nothing" + meant.map(near -> ": did you mean " + near + "?").orElse("; bignode help serve lists the settings");
        }
    }

    /**
     * Finds the variables that were meant as settings and are none, sorted by name.
     *
     * @param names the names of the environment's variables
     */
    public static List<Unknown> unknown(Collection<String> names) {
        List<Unknown> unknown = new ArrayList<>();
        for (String name : new TreeSet<>(names)) {
            if (isKnown(name) || OF_KUBERNETES.matcher(name).matches()) continue;
            String upper = name.toUpperCase(Locale.ROOT);
            boolean ours = PREFIXES.stream().anyMatch(upper::startsWith);
            Optional<String> meant = nearest(upper, ours ? Math.max(NEAR, upper.length() / 4) : NEAR);
            if (ours || meant.isPresent()) unknown.add(new Unknown(name, meant));
        }
        return unknown;
    }

    /** Whether the program itself reads a variable of this name. */
    public static boolean isSetting(String name) {
        return OF_THE_PROGRAM.contains(name);
    }

    private static boolean isKnown(String name) {
        return OF_THE_PROGRAM.contains(name) || OF_WHAT_IS_BESIDE_IT.contains(name);
    }

    private static Optional<String> nearest(String name, int limit) {
        return nearest(name, OF_THE_PROGRAM, limit).or(() -> nearest(name, OF_WHAT_IS_BESIDE_IT, limit));
    }

    private static Optional<String> nearest(String name, Set<String> among, int limit) {
        Optional<String> nearest = Optional.empty();
        int least = limit + 1;
        for (String known : new TreeSet<>(among)) {
            if (Math.abs(known.length() - name.length()) >= least) continue;
            int distance = distance(name, known);
            if (distance >= least) continue;
            least = distance;
            nearest = Optional.of(known);
        }
        return nearest;
    }

    /** How many characters must be put in, taken out or replaced to make one text of the other (Levenshtein). */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) row[j] = j;
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
