package io.bignode.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Counts wrong tokens by the address they came from; one that sent too many is shut for a while. Thread safe.
 *
 * <p>Each address may send a burst, and after it as many as the rate gives back: a bucket of tries that refills. IPv6 counts by /64, as one
 * host has all of it. A token that was right from a shut address within the last hour is looked at all the same: small nodes behind one
 * address are served whatever a neighbour of theirs sends. At most {@value #MOST} addresses are remembered: beyond, the one that was wrong
 * longest ago is forgotten.
 */
final class WrongTokens {
    private static final System.Logger LOG = System.getLogger(WrongTokens.class.getName());
    private static final int MOST = 4096;
    private static final long LOG_PERIOD = Duration.ofMinutes(1).toNanos();

    /** The wrong tokens that an address may still send. */
    private static final class Bucket {
        double tries;
        long atNanos;
        boolean shut;
    }

    private final double perNano;
    private final double burst;
    private final LongSupplier nanoTime;
    private final RightTokens rightTokens;

    /** By address, in the order of their last wrong token. */
    private final Map<ByteBuffer, Bucket> buckets = new LinkedHashMap<>();

    private long shutSinceLog;
    private long loggedNanos;

    /**
     * No wrong token has come yet.
     *
     * @param perMinute how many wrong tokens a minute an address may send for long, in bursts of half of that; 0 for no limit
     * @param nanoTime  measures time, as {@link System#nanoTime}
     */
    WrongTokens(int perMinute, LongSupplier nanoTime) {
        this.perNano = perMinute / (double) Duration.ofMinutes(1).toNanos();
        this.burst = perMinute == 0 ? Double.POSITIVE_INFINITY : Math.max(1, perMinute / 2.0);
        this.nanoTime = nanoTime;
        this.rightTokens = new RightTokens(nanoTime);
        this.loggedNanos = nanoTime.getAsLong() - LOG_PERIOD;
    }

    /** For how long no token from this address is looked at; empty when it is looked at now. */
    synchronized Optional<Duration> shutFor(InetAddress from, String token) {
        ByteBuffer key = key(from);
        Bucket bucket = buckets.get(key);
        if (bucket == null) return Optional.empty();
        refill(bucket);
        if (bucket.tries >= 1 || rightTokens.has(key, token)) return Optional.empty();
        return Optional.of(Duration.ofNanos((long) Math.ceil((1 - bucket.tries) / perNano)));
    }

    /** Notes a right token. */
    synchronized void right(InetAddress from, String token) {
        if (!Double.isInfinite(burst)) rightTokens.note(key(from), token);
    }

    /** Notes a wrong token. */
    synchronized void wrong(InetAddress from) {
        if (Double.isInfinite(burst)) return;
        ByteBuffer key = key(from);
        Bucket bucket = buckets.remove(key);
        if (bucket == null) {
            bucket = new Bucket();
            bucket.tries = burst;
            bucket.atNanos = nanoTime.getAsLong();
        }
        buckets.put(key, bucket);
        refill(bucket);
        bucket.tries = Math.max(0, bucket.tries - 1);
        if (bucket.tries < 1 && !bucket.shut) {
            bucket.shut = true;
            tell(from);
        }
        forget();
    }

    /** How many addresses are remembered. */
    synchronized int remembered() {
        return buckets.size();
    }

    /** How many pairs of address and right token are remembered. */
    synchronized int rightRemembered() {
        return rightTokens.remembered();
    }

    private void refill(Bucket bucket) {
        long now = nanoTime.getAsLong();
        bucket.tries = Math.min(burst, bucket.tries + (now - bucket.atNanos) * perNano);
        bucket.atNanos = now;
        if (bucket.tries >= burst) bucket.shut = false;
    }

    /** Drops those whose bucket is full again, which stand first, and those that are too many. */
    private void forget() {
        Iterator<Bucket> oldest = buckets.values().iterator();
        while (oldest.hasNext()) {
            Bucket bucket = oldest.next();
            refill(bucket);
            if (bucket.tries < burst && buckets.size() <= MOST) return;
            oldest.remove();
        }
    }

    /** At most one line a minute, however many addresses there are. */
    private void tell(InetAddress from) {
        shutSinceLog++;
        long now = nanoTime.getAsLong();
        if (now - loggedNanos < LOG_PERIOD) return;
        LOG.log(
                System.Logger.Level.WARNING,
                "too many wrong tokens from {0}: tokens from there that were not right within the last hour get 429 until it slows down; such addresses"
                        + " since this was logged last: {1}",
                from.getHostAddress(),
                shutSinceLog);
        loggedNanos = now;
        shutSinceLog = 0;
    }

    private static ByteBuffer key(InetAddress from) {
        byte[] address = from.getAddress();
        return from instanceof Inet6Address ? ByteBuffer.wrap(address, 0, 8).slice() : ByteBuffer.wrap(address);
    }
}
