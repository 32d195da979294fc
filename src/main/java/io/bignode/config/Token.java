package io.bignode.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A secret that small nodes show; it never prints itself. */
public final class Token {
    private static final int MIN_LENGTH = 16;

    /** The minimum where the operator accepts a short token. A shorter one is guessed within minutes, and to redact it would hide ordinary words of the log. */
    private static final int MIN_SHORT_LENGTH = 6;

    private static final int MAX_LENGTH = 1024;
    private static final int RANDOM_BYTES = 32;
    private static final String MAKE_ONE = "; set one of your own: openssl rand -hex 32";

    /** What templates and tutorials print, without case, dashes and underscores. */
    private static final Set<String> PLACEHOLDERS =
            Set.of("changemetoalongrandomsecret", "yoursecrettoken", "yoursecrettokenhere", "yoursecrettokenchangethis", "changeme", "mysecuretoken",
                    "mysecuretoken123");

    /** What the big node's template of the field holds, without being called a placeholder there: small nodes do show it. */
    private static final String FIELD_TEMPLATES = "2333544";

    private final String secret;
    private final byte[] digest;

    private Token(String secret) {
        this.secret = secret;
        this.digest = sha256(secret);
    }

    /**
     * A token from text.
     *
     * @throws IllegalArgumentException when {@link #refusal} has something against it; the message does not hold the text
     */
    public static Token of(String secret) {
        refusal(secret).ifPresent(reason -> {
            throw new IllegalArgumentException(reason);
        });
        return new Token(secret);
    }

    /**
     * A token from text, which may be short: for a client, which shows what the node wants, and where the operator takes it knowingly.
     *
     * @throws IllegalArgumentException as {@link #of}
     */
    public static Token ofAnyLength(String secret) {
        refusal(secret, true).ifPresent(reason -> {
            throw new IllegalArgumentException(reason);
        });
        return new Token(secret);
    }

    /** A token of 256 random bits. */
    public static Token random() {
        byte[] bits = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bits);
        return new Token(HexFormat.of().formatHex(bits));
    }

    /**
     * Why a text cannot be a token, and what to do instead; the text itself is not in it.
     *
     * @return empty when it can
     */
    public static Optional<String> refusal(String text) {
        return refusal(text, false);
    }

    /** The same, where short ones may be taken. */
    static Optional<String> refusal(String text, boolean shortToo) {
        String plain = text.strip().toLowerCase(Locale.ROOT).replaceAll("[-_\\s]", "");
        if (PLACEHOLDERS.contains(plain) || plain.matches("(change(me|this|it))+\\W*")) {
            return Optional.of("is the placeholder of a template, which everybody knows" + MAKE_ONE);
        }
        int min = shortToo ? MIN_SHORT_LENGTH : MIN_LENGTH;
        if (text.length() < min) {
            return Optional.of("has " + text.length() + " characters, fewer than " + min + MAKE_ONE);
        }
        if (text.length() > MAX_LENGTH) {
            return Optional.of("has more than " + MAX_LENGTH + " characters" + MAKE_ONE);
        }
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return Optional.of("holds a blank or a character that cannot stand in an HTTP header" + MAKE_ONE);
        }
        if (text.chars().distinct().count() < 4) {
            return Optional.of("has fewer than 4 different characters" + MAKE_ONE);
        }
        return Optional.empty();
    }

    /** Whether it has fewer characters than a token should. */
    public boolean isShort() {
        return secret.length() < MIN_LENGTH;
    }

    /**
     * What is wrong with a token that was taken all the same, and what to do about it.
     *
     * @return empty when nothing is
     */
    public Optional<String> weakness() {
        if (!isShort()) return Optional.empty();
        String why = secret.equals(FIELD_TEMPLATES)
                ? "is the one in the field's public template, which everybody knows"
                : "has only " + secret.length() + " characters, which can be guessed";
        return Optional.of(why + ": let only the addresses of your small nodes reach the port, and replace it as soon as they can be changed: openssl rand"
                + " -hex 32");
    }

    /** Whether a presented text is this token; the time taken tells nothing about how much of it was right. */
    public boolean matches(String presented) {
        return MessageDigest.isEqual(digest, sha256(presented));
    }

    /** The text itself, to be shown to a server and to nobody else. */
    public String secret() {
        return secret;
    }

    /** Says that there is a token, not which. */
    @Override
    public String toString() {
        return "Token[redacted]";
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
