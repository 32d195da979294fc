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
    public record Pair(Session first, Session second) {}

    /** Those of some sessions that have nonces in common with a session of another order. */
    public List<Session> with(Session session, Collection<Session> others) {
        List<Session> near = others.stream()
                .filter(second -> second != session && !sameOrder(second.order(), session.order()))
                .filter(second -> second.order().epoch().blockHash().equals(session.order().epoch().blockHash()))
                .filter(second -> second.order().nonces().meets(session.order().nonces()))
                .toList();
        if (near.isEmpty()) return near;
        String own = stream.apply(session);
        return near.stream().filter(second -> stream.apply(second).equals(own)).toList();
    }

    /** Sessions of one order follow each other, and share its nonces out. */
    private static boolean sameOrder(Order first, Order second) {
        return first.tenant().equals(second.tenant()) && first.key().equals(second.key()) && first.nonces().equals(second.nonces());
    }

    /** All pairs among some sessions. */
    public List<Pair> among(Collection<Session> sessions) {
        List<Pair> pairs = new ArrayList<>();
        for (List<Session> alike : sessions.stream().collect(Collectors.groupingBy(stream)).values()) {
            for (int i = 0; i < alike.size(); i++) {
                Session first = alike.get(i);
                with(first, alike.subList(i + 1, alike.size())).forEach(second -> pairs.add(new Pair(first, second)));
            }
        }
        return pairs;
    }
}
