package io.bignode.monitor;

/**
 * What devices did.
 *
 * @param computed    nonces computed
 * @param found       those of them that count
 * @param deviceNanos how long devices were busy with them
 */
public record Work(long computed, long found, long deviceNanos) {
    /** No work. */
    public static final Work NONE = new Work(0, 0, 0);

    /** The sum of both. */
    Work plus(Work more) {
        return new Work(computed + more.computed, found + more.found, deviceNanos + more.deviceNanos);
    }
}
