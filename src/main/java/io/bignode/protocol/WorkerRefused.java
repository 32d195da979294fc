package io.bignode.protocol;

/**
 * A worker connected and was not taken in; another of the same name may be at work.
 *
 * @param worker  its name
 * @param kind    what it was refused for
 * @param address where it comes from; empty where that is not known
 * @param reason  a clause for people that says why
 */
public record WorkerRefused(String worker, Kind kind, String address, String reason) implements WorkerMessage {
    /** What a worker is refused for. */
    public enum Kind {
        /** Another process of this name is connected. */
        NAME,
        /** It speaks another version of the protocol. */
        PROTOCOL
    }
}
