package io.bignode.session.store;

import java.util.Locale;

/**
 * Text in a form that every database takes. PostgreSQL refuses the character 0, and half a surrogate pair is no UTF-8, but a small node may send
 * either.
 */
final class StoredText {
    private StoredText() {}

    /** The text with such characters and the backslash escaped. */
    static String encode(String text) {
        if (text.chars().noneMatch(c -> c == 0 || c == '\\' || Character.isSurrogate((char) c))) return text;
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c == '\\') out.append("\\\\");
            else if (c == 0 || (c <= Character.MAX_VALUE && Character.isSurrogate((char) c))) out.append(String.format(Locale.ROOT, "\\%04x", c));
            else out.appendCodePoint(c);
        });
        return out.toString();
    }

    /** The text that {@link #encode} was given. */
    static String decode(String stored) {
        if (stored.indexOf('\\') < 0) return stored;
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < stored.length(); i++) {
            char c = stored.charAt(i);
            if (c != '\\') {
                out.append(c);
            } else if (stored.charAt(i + 1) == '\\') {
                out.append('\\');
                i++;
            } else {
                out.append((char) Integer.parseInt(stored, i + 1, i + 5, 16));
                i += 4;
            }
        }
        return out.toString();
    }
}
