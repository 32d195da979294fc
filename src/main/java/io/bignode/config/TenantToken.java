package io.bignode.config;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A line of the tokens file: one token of a tenant, known by its digest alone.
 *
 * @param name        the tenant
 * @param digest      SHA-256 of the token's characters
 * @param maxSessions how many sessions of the tenant may run at once
 * @param weight      its sessions' share of the devices, 1 is the usual one
 */
public record TenantToken(String name, HexDigest digest, int maxSessions, double weight) {
    /** What a tenant may be called: it stands in logs, metrics and the store. */
    public static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** The most sessions a tenant may be given. */
    public static final int MAX_SESSIONS = 10_000;

    /** The least and the greatest weight; between them fair shares can be told apart. */
    public static final double MIN_WEIGHT = 0.01;

    /** See {@link #MIN_WEIGHT}. */
    public static final double MAX_WEIGHT = 100;

    /** A SHA-256 digest, written as 64 hexadecimal digits. */
    public static final class HexDigest {
        private static final Pattern DIGITS = Pattern.compile("[0-9a-fA-F]{64}");

        private final byte[] bytes;

        private HexDigest(byte[] bytes) {
            this.bytes = bytes;
        }

        /**
         * Reads 64 hexadecimal digits.
         *
         * @throws IllegalArgumentException when it is something else, which is not repeated
         */
        public static HexDigest parse(String digits) {
            if (!DIGITS.matcher(digits).matches()) throw new IllegalArgumentException("no 64 hexadecimal digits");
            return new HexDigest(HexFormat.of().parseHex(digits));
        }

        /** Of a token. */
        public static HexDigest of(Token token) {
            return new HexDigest(Token.sha256(token.secret()));
        }

        /** Whether it is this digest; the time taken tells nothing. */
        boolean is(byte[] other) {
            return MessageDigest.isEqual(bytes, other);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof HexDigest that && is(that.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        /** The digits. */
        @Override
        public String toString() {
            return HexFormat.of().formatHex(bytes);
        }
    }

    /** Refuses what the file's reader would not take. */
    public TenantToken {
        Objects.requireNonNull(digest);
        if (!NAME.matcher(name).matches()) throw new IllegalArgumentException("tenant's name");
        if (maxSessions < 1 || maxSessions > MAX_SESSIONS) throw new IllegalArgumentException("sessions " + maxSessions);
        if (!(weight >= MIN_WEIGHT && weight <= MAX_WEIGHT)) throw new IllegalArgumentException("weight " + weight);
    }

    /** As it stands in the file. */
    public String line() {
        String number = weight == Math.rint(weight) ? Long.toString((long) weight) : Double.toString(weight);
        return String.format(Locale.ROOT, "%s %s %d %s", name, digest, maxSessions, number);
    }
}
