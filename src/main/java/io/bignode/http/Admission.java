package io.bignode.http;

import io.bignode.poc.ProofOrder;
import java.time.Duration;
import java.util.Optional;

/** Says, before anything is allocated, whether this node's devices can take an order. */
@FunctionalInterface
public interface Admission {
    /** Why an order is not taken. */
    sealed interface Refusal {
        /**
         * The order's model fits no device here, and never will.
         *
         * @param sizes what it needs and what there is
         */
        record TooLarge(String sizes) implements Refusal {}

        /** No device works at the moment. */
        record NoDevice() implements Refusal {}

        /**
         * The memory is taken by other sessions' models.
         *
         * @param sizes      what it needs and what is free
         * @param retryAfter when it may be worth trying again
         */
        record NoRoom(String sizes, Duration retryAfter) implements Refusal {}
    }

    /**
     * Judges an order from its sizes alone.
     *
     * @return empty when it may start
     */
    Optional<Refusal> refusal(ProofOrder order);
}
