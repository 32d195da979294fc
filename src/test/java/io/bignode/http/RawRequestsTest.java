package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Certificates;
import io.bignode.session.Session;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Raw requests and what RFC 9110 and RFC 9112 require of a server for each, over TCP and over TLS. Nothing here knows which web server answers: the system
 * property {@code bignode.raw.table} names a file that the verdicts are added to as a table, so that one server can stand beside another.
 */
@Timeout(300)
class RawRequestsTest {
    private static final int AT_A_TIME = 6;

    private static final List<RawRow> ROWS =
            Stream.of(RawFramingRows.rows(), RawHeadRows.rows(), RawConnectionRows.rows()).flatMap(List::stream).toList();

    @Test
    void noNameAndNoOrderStandsTwice() {
        assertThat(ROWS).extracting(RawRow::name).doesNotHaveDuplicates();
        assertThat(ROWS.stream().map(RawRow::order).filter(order -> order != 0)).doesNotHaveDuplicates();
    }

    @TestFactory
    Stream<DynamicTest> overTcp() throws Exception {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(0), TestNode::tenant)) {
            return tests("TCP", verdicts(node, node::connect));
        }
    }

    @TestFactory
    Stream<DynamicTest> overTls() throws Exception {
        LoopbackTls tls = new LoopbackTls(Certificates.forLoopback());
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(0).tls(tls.server()), TestNode::tenant)) {
            return tests("TLS", verdicts(node, () -> tls.connect(node.server.port())));
        }
    }

    /** Opens a connection to the server. */
    private interface Opening {
        Socket connect() throws IOException;
    }

    private static Stream<DynamicTest> tests(String transport, Map<RawRow, Optional<String>> verdicts) throws IOException {
        String table = System.getProperty("bignode.raw.table");
        if (table != null) print(Path.of(table), transport, verdicts);
        return verdicts.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey().name(), () -> assertThat(entry.getValue()).as(entry.getKey().name()).isEmpty()));
    }

    /** What is wrong with each row; several are tried at a time, as some end only when the server's patience does. */
    private static Map<RawRow, Optional<String>> verdicts(TestNode node, Opening opening) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
            Map<RawRow, Future<Optional<String>>> running = new LinkedHashMap<>();
            for (RawRow row : ROWS) running.put(row, threads.submit(() -> verdict(node, opening, row)));
            Map<RawRow, Optional<String>> verdicts = new LinkedHashMap<>();
            for (Map.Entry<RawRow, Future<Optional<String>>> entry : running.entrySet()) verdicts.put(entry.getKey(), entry.getValue().get());
            return verdicts;
        }
    }

    private static Optional<String> verdict(TestNode node, Opening opening, RawRow row) throws IOException, InterruptedException {
        RawConversation conversation = RawConversation.hold(opening.connect(), row);
        List<Session> started = node.sessions.list("first").stream()
                .filter(session -> !session.status().ended() && session.order().nodeId() == row.order())
                .toList();
        if (row.order() != 0) for (Session session : started) node.sessions.stop("first", session.id());
        return conversation.fault(row, started.size());
    }

    private static void print(Path file, String transport, Map<RawRow, Optional<String>> verdicts) throws IOException {
        StringBuilder table = new StringBuilder("\n| raw request over " + transport + " | guards | verdict |\n| --- | --- | --- |\n");
        verdicts.forEach((row, fault) -> table.append("| ")
                .append(printable(row.name()))
                .append(row.security() ? " | yes | " : " | | ")
                .append(fault.map(text -> "**fault**: " + printable(text)).orElse("ok"))
                .append(" |\n"));
        Files.writeString(file, table, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String printable(String text) {
        return text.replace("\r", "\\r").replace("\n", "\\n").replace("|", "/").replaceAll("[^\\x20-\\x7e]", "?");
    }
}
