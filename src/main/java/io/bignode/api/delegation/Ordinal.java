package io.bignode.api.delegation;

/** Numbers that say which one: 1st, 2nd, 3rd, 4th. */
public final class Ordinal {
    private Ordinal() {}

    /** A number from 1 on, in English. */
    public static String of(int number) {
        boolean teen = number % 100 / 10 == 1;
        return number + switch (teen ? 0 : number % 10) {
            case 1 -> "st";
            case 2 -> "nd";
            case 3 -> "rd";
            default -> "th";
        };
    }
}
