package io.bignode.http;

import java.util.Optional;

/** Finds the tenant that a token belongs to. */
@FunctionalInterface
public interface Tenants {
    /**
     * Who a token belongs to, and what that one may.
     *
     * @param name        tells tenants apart; sessions carry it
     * @param maxSessions how many sessions of this tenant may run at once
     * @param weight      its sessions' share of the devices, 1 is the usual one
     */
    record Tenant(String name, int maxSessions, double weight) {
        /** Refuses an empty name, and numbers that are not positive. */
        public Tenant {
            if (name.isEmpty() || maxSessions < 1 || !(weight > 0) || Double.isInfinite(weight)) {
                throw new IllegalArgumentException("tenant '" + name + "', " + maxSessions + " sessions, weight " + weight);
            }
        }
    }

    /**
     * The tenant a token belongs to; must take the same time for every wrong token.
     *
     * @param token as the client sent it
     * @return empty when it is nobody's
     */
    Optional<Tenant> of(String token);
}
