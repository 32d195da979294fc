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
    private static final int LEAST_LENGTH = 16;
    private static final int MOST_LENGTH = 1024;
    private static final int RANDOM_BYTES = 32;
    private static final String MAKE_ONE = "; set one of your own: openssl rand -hex 32";

    /** What templates and tutorials print, without case, dashes and underscores. */
    private static final Set<String> PLACEHOLDERS =
            Set.of("changemetoalongrandomsecret", "yoursecrettoken", "yoursecrettokenhere", "changeme");

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
        String plain = text.strip().toLowerCase(Locale.ROOT).replaceAll("[-_\\s]", "");
        if (PLACEHOLDERS.contains(plain) || plain.matches("(change(me|this|it))+\\W*")) {
            return Optional.of("is the placeholder of a template, which everybody knows" + MAKE_ONE);
        }
        if (text.length() < LEAST_LENGTH) {
            return Optional.of("has " + text.length() + " characters, fewer than " + LEAST_LENGTH + MAKE_ONE);
        }
        if (text.length() > MOST_LENGTH) {
            return Optional.of("has more than " + MOST_LENGTH + " characters" + MAKE_ONE);
        }
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return Optional.of("holds a blank or a character that cannot stand in an HTTP header" + MAKE_ONE);
        }
        if (text.chars().distinct().count() < 4) {
            return Optional.of("repeats fewer than 4 characters" + MAKE_ONE);
        }
        return Optional.empty();
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
