package io.bignode.cli.terminal;

import java.util.Locale;

/**
 * What one check of this machine came to.
 *
 * @param verdict how it came out
 * @param check   the check's name, one word
 * @param message what was found; of what is not well also the fix; never a secret
 */
public record Finding(Verdict verdict, String check, String message) {
    /** How a check came out. */
    public enum Verdict {
        /** As it should be. */
        OK("ok"),
        /** The node runs, but not as its operator may think it does. */
        WARN("warn"),
        /** The node does not start, or cannot do its work. */
        FAIL("FAIL");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** All is well. */
    public static Finding ok(String check, String message) {
        return new Finding(Verdict.OK, check, message);
    }

    /** It works, but perhaps not as its operator thinks. */
    public static Finding warn(String check, String message) {
        return new Finding(Verdict.WARN, check, message);
    }

    /** It does not work. */
    public static Finding fail(String check, String message) {
        return new Finding(Verdict.FAIL, check, message);
    }

    /** The same, of one of several that were checked alike. */
    public Finding about(String which) {
        return new Finding(verdict, check, which + ": " + message);
    }

    /** A line for people, its verdict coloured where that is asked for. */
    public String shown(boolean colour) {
        if (!colour) return toString();
        String code = switch (verdict) {
            case OK -> "32";
            case WARN -> "33";
            case FAIL -> "1;31";
        };
        return "\u001b[" + code + "m" + String.format(Locale.ROOT, "%-5s", verdict) + "\u001b[0m" + toString().substring(5);
    }

    /** A line for people. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%-5s %-9s %s", verdict, check, message);
    }
}
