package io.bignode.api.operator;

import io.bignode.http.Request;
import io.bignode.http.Tenants;
import java.util.function.Predicate;

/**
 * Who looks at the node.
 *
 * @param name        the tenant's name, or the operator's
 * @param all         whether everything is shown; otherwise the tenant's own
 * @param maxSessions how many sessions it may have at a time
 */
record Viewer(String name, boolean all, int maxSessions) {
    /** Who makes a request, by its token. */
    static Viewer of(Request request, FleetView fleet, int maxSessions) {
        Tenants.Tenant tenant = request.tenant();
        if (request.operator()) return new Viewer(tenant.name(), true, maxSessions);
        return new Viewer(tenant.name(), fleet.tenantsSeeAll(), Math.min(maxSessions, tenant.maxSessions()));
    }

    /** Matches the tenants whose sessions are shown. */
    Predicate<String> tenants() {
        return tenant -> all || tenant.equals(name);
    }

    /** How much of the node is shown: {@code all} or {@code own}. */
    String scope() {
        return all ? "all" : "own";
    }
}
