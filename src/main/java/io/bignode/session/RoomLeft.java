package io.bignode.session;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The places and the memory that running sessions leave to others. Not thread safe.
 *
 * <p>The first {@link #OF_ONE_PLACE} sessions of a participant take one place together: when its block changes it starts its next session while its
 * last one still ends. Each further one takes a place of its own. An order of a single nonce takes none: {@link OrderAdmission} limits those.
 */
final class RoomLeft {
    /** How many sessions of one participant take one place: the block it is at, the one before and a reorganisation of the chain. */
    static final int OF_ONE_PLACE = 3;

    private record Participant(String tenant, String name) {
        static Participant of(Order order) {
            return new Participant(order.tenant(), order.participant());
        }
    }

    private final int max;
    private final Room.Look look;
    private final Map<Participant, Integer> participants = new HashMap<>();
    private final Map<String, Integer> ofTenant = new HashMap<>();
    private int places;

    /**
     * What these sessions leave.
     *
     * @param max  how many places there are
     * @param look the devices, where nothing is taken yet
     */
    RoomLeft(int max, Room.Look look, Collection<Session> running) {
        this.max = max;
        this.look = look;
        for (Session session : running) take(session.order(), session.usesDevices());
    }

    /** This order runs from now on. */
    void take(Order order) {
        take(order, true);
    }

    private void take(Order order, boolean usesDevices) {
        if (usesDevices) look.taken(order);
        if (order.isSingle()) return;
        if (takesPlace(order)) {
            places++;
            ofTenant.merge(order.tenant(), 1, Integer::sum);
        }
        participants.merge(Participant.of(order), 1, Integer::sum);
    }

    /** Why this order cannot run besides; empty when it can. */
    Optional<Obstacle> obstacle(Order order) {
        Optional<Obstacle> ofDevices = look.obstacle(order);
        if (ofDevices.isPresent() && ofDevices.get() instanceof Obstacle.FitsNoDevice) return ofDevices;
        if (!takesPlace(order)) return ofDevices;
        if (places >= max) return Optional.of(new Obstacle.NodeFull(max));
        int maxOfTenant = order.terms().maxOfTenant();
        if (ofTenant.getOrDefault(order.tenant(), 0) >= maxOfTenant) return Optional.of(new Obstacle.TenantFull(maxOfTenant));
        return ofDevices;
    }

    /** Whether one more session of this participant takes a place of its own. */
    private boolean takesPlace(Order order) {
        if (order.isSingle()) return false;
        int own = participants.getOrDefault(Participant.of(order), 0);
        return own == 0 || own >= OF_ONE_PLACE;
    }
}
