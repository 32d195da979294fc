package io.bignode.session;

/** Why an order cannot run now. */
public sealed interface Obstacle {
    /** The reason as a sentence without its full stop, which the small node may read. */
    String text();

    /** As many sessions run as may, of all tenants. */
    record NodeFull(int max) implements Obstacle {
        @Override
        public String text() {
            return "as many sessions run as may: " + max + " of all tenants";
        }
    }

    /** As many of the tenant's sessions run as may. */
    record TenantFull(int max) implements Obstacle {
        @Override
        public String text() {
            return "as many sessions run as may: " + max + " of yours";
        }
    }

    /**
     * As many orders of one nonce as the tenant may have are not done.
     *
     * @param max how many may be
     */
    record TooManySingle(int max) implements Obstacle {
        @Override
        public String text() {
            return "as many requests as may wait for their answer: " + max + " of yours";
        }
    }

    /** No device works. */
    record NoDevice() implements Obstacle {
        @Override
        public String text() {
            return "no device works at the moment";
        }
    }

    /**
     * What the sessions that run need takes the memory.
     *
     * @param sizes what is needed and what there is
     */
    record NoMemory(String sizes) implements Obstacle {
        @Override
        public String text() {
            return "other sessions' models fill the memory: " + sizes;
        }
    }

    /**
     * The order fits none of the devices there are.
     *
     * @param sizes what is needed and what there is
     */
    record FitsNoDevice(String sizes) implements Obstacle {
        @Override
        public String text() {
            return "the model fits no device of this node: " + sizes;
        }
    }
}
