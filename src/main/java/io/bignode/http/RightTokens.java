package io.bignode.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Which tokens were right from which address within the last hour. Not thread safe.
 *
 * <p>Tokens are kept as digests, and at most {@value #MOST} pairs of address and token: beyond, the one that was right longest ago is
 * forgotten. Tokens shorter than {@value #MIN_LENGTH} characters are not kept, as they can be guessed: whoever shares an address with a small node
 * could compare as many guesses with them as it can send.
 */
final class RightTokens {
    private static final int MOST = 4096;
    private static final int MIN_LENGTH = 16;
    private static final long HOUR = Duration.ofHours(1).toNanos();

    private record Pair(ByteBuffer address, ByteBuffer digest) {}

    private final LongSupplier nanoTime;

    /** When each token was right last, in nanoseconds; the oldest stands first. */
    private final Map<Pair, Long> rightNanos = new LinkedHashMap<>();

    /**
     * No token has been right yet.
     *
     * @param nanoTime measures time, as {@link System#nanoTime}
     */
    RightTokens(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Notes that a token was right. */
    void note(ByteBuffer address, String token) {
        if (token.length() < MIN_LENGTH) return;
        long now = nanoTime.getAsLong();
        Pair pair = new Pair(address, digest(token));
        rightNanos.remove(pair);
        rightNanos.put(pair, now);
        forget(now);
    }

    /** Whether a token was right within the last hour; whether it still is has to be looked at. */
    boolean has(ByteBuffer address, String token) {
        if (token.length() < MIN_LENGTH) return false;
        Long right = rightNanos.get(new Pair(address, digest(token)));
        return right != null && nanoTime.getAsLong() - right < HOUR;
    }

    /** How many pairs of address and token are remembered. */
    int remembered() {
        return rightNanos.size();
    }

    private void forget(long now) {
        Iterator<Long> oldest = rightNanos.values().iterator();
        while (oldest.hasNext()) {
            if (now - oldest.next() < HOUR && rightNanos.size() <= MOST) return;
            oldest.remove();
        }
    }

    private static ByteBuffer digest(String token) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
