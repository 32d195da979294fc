package io.bignode.monitor;

/**
 * What devices did.
 *
 * @param raw         nonces computed
 * @param valid       those of them that count
 * @param deviceNanos how long devices were busy with them
 */
public record Work(long raw, long valid, long deviceNanos) {
    /** Nothing. */
    public static final Work NONE = new Work(0, 0, 0);

    /** Both. */
    Work plus(Work more) {
        return new Work(raw + more.raw, valid + more.valid, deviceNanos + more.deviceNanos);
    }
}
