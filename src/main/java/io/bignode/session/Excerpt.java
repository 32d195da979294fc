package io.bignode.session;

/** The beginning of a foreign text, which may have any length, for logs, alarms and answers. */
public final class Excerpt {
    private static final int MOST = 500;

    private Excerpt() {}

    /** The text, or its first 500 characters and an ellipsis; no character is cut in two. */
    public static String of(String text) {
        if (text.length() <= MOST) return text;
        int end = Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST;
        return text.substring(0, end) + "…";
    }
}
