package io.bignode.session;

import java.util.Optional;

/** Knows, before anything is allocated, whether the devices can take an order besides those that run. */
@FunctionalInterface
public interface Room {
    /** Takes whatever there is. */
    Room ENDLESS = () -> new Look() {
        @Override
        public void taken(Order order) {}

        @Override
        public Optional<Obstacle> obstacle(Order order) {
            return Optional.empty();
        }
    };

    /** Looks at the devices there are; called with no lock held. */
    Look look();

    /** The devices of a moment. It is used with a lock held: it takes none itself and answers quickly. */
    interface Look {
        /** This order runs; what it needs is not free. */
        void taken(Order order);

        /** Judges an order from its sizes alone; empty when there is room for it. */
        Optional<Obstacle> obstacle(Order order);
    }
}
