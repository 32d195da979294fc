package io.bignode.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds orders whose nonces overlap, node 0 of 2 beside node 0 of 1 for instance. Each nonce that two of them find is one nonce to the chain.
 *
 * @param stream what a session's nonces are numbers of, the key and the block for instance: the same number is the same nonce
 */
public record Overlaps(Function<Session, String> stream) {
    /** Two sessions with nonces in common. */
    public record Pair(Session one, Session other) {}

    /** Those of some sessions that have nonces in common with a session of another order. */
    public List<Session> with(Session session, Collection<Session> others) {
        List<Session> near = others.stream()
                .filter(other -> other != session && !sameOrder(other.order(), session.order()))
                .filter(other -> other.order().epoch().blockHash().equals(session.order().epoch().blockHash()))
                .filter(other -> other.order().nonces().meets(session.order().nonces()))
                .toList();
        if (near.isEmpty()) return near;
        String own = stream.apply(session);
        return near.stream().filter(other -> stream.apply(other).equals(own)).toList();
    }

    /** Sessions of one order follow each other, and share its nonces out. */
    private static boolean sameOrder(Order one, Order other) {
        return one.tenant().equals(other.tenant()) && one.key().equals(other.key()) && one.nonces().equals(other.nonces());
    }

    /** All pairs among some sessions. */
    public List<Pair> among(Collection<Session> sessions) {
        List<Pair> pairs = new ArrayList<>();
        for (List<Session> alike : sessions.stream().collect(Collectors.groupingBy(stream)).values()) {
            for (int i = 0; i < alike.size(); i++) {
                Session one = alike.get(i);
                with(one, alike.subList(i + 1, alike.size())).forEach(other -> pairs.add(new Pair(one, other)));
            }
        }
        return pairs;
    }
}
