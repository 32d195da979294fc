package io.bignode.protocol;

import java.util.Locale;

/**
 * A worker's connection ended: none of its devices will finish the leases it has.
 *
 * @param worker its name
 * @param reason why it ended, as far as that is known
 */
public record WorkerGone(String worker, Reason reason) implements WorkerMessage {
    /** Why a worker's connection ended. */
    public enum Reason {
        /** It was told to stop and took its leave. */
        STOPPED("it was stopped"),
        /** The other end closed the connection without a word. */
        CLOSED("its process ended, or it closed the connection"),
        /** Nothing came from it for too long. */
        SILENT("nothing came from it for 5 s: its process hangs, its host is down, or the network between is cut"),
        /** The same process opened another connection, while this one had not ended. */
        REPLACED("it connected anew while its former connection had not ended"),
        /** The head put it in quarantine. */
        EXPELLED("it was put in quarantine"),
        /** An external broker does not tell, or it ended with an earlier head. */
        UNKNOWN("its connection ended, nothing tells why");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /** As it is told to people: a clause that begins with "it" or names what happened. */
        public String text() {
            return text;
        }

        /** As it is told to machines. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether nobody wanted it, so that somebody should look. */
        public boolean isFault() {
            return this != STOPPED && this != EXPELLED;
        }
    }

    /** One that ended for a reason nobody knows. */
    public WorkerGone(String worker) {
        this(worker, Reason.UNKNOWN);
    }
}
