package io.bignode.http;

import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One line of the table of raw requests: bytes that a client sends, and what RFC 9110 and RFC 9112 let a server do with them.
 *
 * <p>A request that no row sends ({@link #PROBE}) follows the bytes on the same connection. It is answered exactly when the connection is kept. An answer
 * too many means that a body, or what follows a refused request, was read as a request.
 *
 * @param name     what is sent
 * @param security whether a server that gets it wrong lets requests be smuggled, answers be split or limits be passed
 * @param sent     the bytes, each a character of ISO 8859-1
 * @param later    sent once the client was told to go on with 100; empty where the client asks for no such answer
 * @param order    the node id of the order that {@code sent} starts; 0 where it starts none
 * @param cut      whether the client ends its side after {@code sent}, so that no probe follows
 * @param wanted   what may come of it: any one of these
 */
record RawRow(String name, boolean security, String sent, String later, int order, boolean cut, List<Wanted> wanted) {
    static final String PROBE = "GET " + API + "/session/of-the-probe HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer " + TOKEN + "\r\n\r\n";

    private static final String LAST = "Connection: close";

    /** What becomes of the connection. */
    enum Connection {
        KEPT,
        CLOSED
    }

    /**
     * What a server may do.
     *
     * @param statuses   of its answers, without the probe's; a set for each answer
     * @param connection afterwards
     * @param header     a header that the last answer must have, as {@code Name: value}; empty for none
     */
    record Wanted(List<Set<Integer>> statuses, Connection connection, String header) {
        @Override
        public String toString() {
            String answers = statuses.stream()
                    .map(each -> each.stream().sorted().map(String::valueOf).collect(Collectors.joining("|")))
                    .collect(Collectors.joining(", "));
            return (answers.isEmpty() ? "no answer" : answers) + (connection == Connection.KEPT ? ", kept" : ", closed");
        }
    }

    static RawRow of(String name, String sent) {
        return new RawRow(name, false, sent, "", 0, false, List.of());
    }

    /** This row as one that guards against an attack. */
    RawRow guards() {
        return new RawRow(name, true, sent, later, order, cut, wanted);
    }

    /** This row as one whose request starts an order, exactly when its first answer is 200. */
    RawRow starts(int nodeId) {
        return new RawRow(name, security, sent, later, nodeId, cut, wanted);
    }

    /** This row as one whose client sends more once it was told to go on. */
    RawRow then(String more) {
        return new RawRow(name, security, sent, more, order, cut, wanted);
    }

    /** This row as one whose client ends its side of the connection after the bytes. */
    RawRow cutOff() {
        return new RawRow(name, security, sent, later, order, true, wanted);
    }

    /** These answers, each with this one status; the connection is kept. */
    RawRow kept(int... statuses) {
        return or(new Wanted(each(statuses), Connection.KEPT, ""));
    }

    /** These answers, each with this one status; then the connection is closed, and the last answer says so. */
    RawRow closed(int... statuses) {
        return or(new Wanted(each(statuses), Connection.CLOSED, LAST));
    }

    /** One answer with any of these statuses; then the connection is closed, and the answer says so. */
    RawRow refused(int... statuses) {
        return or(new Wanted(List.of(any(statuses)), Connection.CLOSED, LAST));
    }

    /** One answer with any of these statuses; then the connection is closed, whether the answer said so or was written before that was known. */
    RawRow ended(int... statuses) {
        return or(new Wanted(List.of(any(statuses)), Connection.CLOSED, ""));
    }

    /** One answer with any of these statuses; whether the connection is kept is the server's choice. */
    RawRow answered(int... statuses) {
        return refused(statuses).or(new Wanted(List.of(any(statuses)), Connection.KEPT, ""));
    }

    /** No answer; the connection is closed. */
    RawRow silent() {
        return or(new Wanted(List.of(), Connection.CLOSED, ""));
    }

    /** One answer 200 with a header; the connection is kept. */
    RawRow keptWith(String header) {
        return or(new Wanted(each(200), Connection.KEPT, header));
    }

    private RawRow or(Wanted another) {
        List<Wanted> all = new ArrayList<>(wanted);
        all.add(another);
        return new RawRow(name, security, sent, later, order, cut, List.copyOf(all));
    }

    private static List<Set<Integer>> each(int... statuses) {
        return Arrays.stream(statuses).mapToObj(Set::of).toList();
    }

    private static Set<Integer> any(int... statuses) {
        return IntStream.of(statuses).boxed().collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public String toString() {
        return name;
    }
}
