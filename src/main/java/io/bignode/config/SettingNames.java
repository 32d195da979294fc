package io.bignode.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Variables that were meant as a setting and are none. Without a warning, an operator who mistypes a name would never learn of it, because a variable
 * that no program reads does nothing.
 */
public final class SettingNames {
    private static final List<String> PREFIXES = List.of("DELEGATION_", "BIGNODE_");

    /** Read by {@code serve}, {@code worker} and the commands beside them. */
    private static final Set<String> OF_THE_PROGRAM = names(SettingNames::isOfTheProgram);

    /** Read by the launcher, the deploy files, scripts and small nodes; a shell that works with them may also start the program. */
    private static final Set<String> OF_OTHERS = names(setting -> !isOfTheProgram(setting));

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
        /** The message for the operator. It never holds the value, which may be a token. */
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
            if (OF_THE_PROGRAM.contains(name) || OF_OTHERS.contains(name) || OF_KUBERNETES.matcher(name).matches()) continue;
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

    private static Optional<String> nearest(String name, int limit) {
        return nearest(name, OF_THE_PROGRAM, limit).or(() -> nearest(name, OF_OTHERS, limit));
    }

    private static Set<String> names(Predicate<Setting> which) {
        return Arrays.stream(Setting.values())
                .filter(which)
                .map(Setting::variable)
                .filter(name -> PREFIXES.stream().anyMatch(name::startsWith))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isOfTheProgram(Setting setting) {
        return EnumSet.of(Setting.ReadBy.HEAD, Setting.ReadBy.WORKER, Setting.ReadBy.BOTH, Setting.ReadBy.AGENT).contains(setting.readBy());
    }

    private static Optional<String> nearest(String name, Set<String> among, int limit) {
        Optional<String> nearest = Optional.empty();
        int min = limit + 1;
        for (String known : among) {
            if (Math.abs(known.length() - name.length()) >= min) continue;
            int distance = distance(name, known);
            if (distance >= min) continue;
            min = distance;
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
