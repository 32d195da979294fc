package io.bignode.http;

import static io.bignode.http.RawFramingRows.AUTHORIZED;
import static io.bignode.http.RawFramingRows.HOST;
import static io.bignode.http.RawFramingRows.order;
import static io.bignode.http.RawFramingRows.start;
import static io.bignode.http.RawRow.of;
import static io.bignode.http.TestNode.API;

import java.util.List;
import java.util.stream.IntStream;

/**
 * HTTP/1.0, connections that go on or end, asking before a body is sent, and other protocols: RFC 9112, section 9, and RFC 9110, sections 7.6, 7.8 and
 * 10.1.
 */
final class RawConnectionRows {
    private static final String LIVE = "GET /health/live HTTP/1.1\r\n" + HOST;
    private static final String LIVE_10 = "GET /health/live HTTP/1.0\r\n";
    private static final String EXPECT = "Expect: 100-continue\r\n";

    private RawConnectionRows() {}

    static List<RawRow> rows() {
        int length = order(305).length();
        return List.of(
                of("HTTP/1.0", LIVE_10 + HOST + "\r\n").ended(200),
                of("HTTP/1.0 without a host", LIVE_10 + "\r\n").ended(200),
                of("HTTP/1.0 that asks to be kept", LIVE_10 + "Connection: keep-alive\r\n\r\n").keptWith("Connection: keep-alive"),
                of("HTTP/1.0 for a page", "GET / HTTP/1.0\r\n\r\n").ended(200),
                of("HTTP/1.0 with a token", "GET " + API + "/sessions HTTP/1.0\r\n" + AUTHORIZED + "\r\n").ended(200),
                of("HTTP/1.0 that starts an order", start(301, "").replace("HTTP/1.1", "HTTP/1.0")).starts(301).ended(200),
                of("HTTP/1.0 that is refused", "GET " + API + "/sessions HTTP/1.0\r\n\r\n").ended(401),
                of("HEAD over HTTP/1.0", "HEAD /health/live HTTP/1.0\r\n\r\n").ended(200),
                of("a connection to be closed", LIVE + "Connection: close\r\n\r\n").closed(200),
                of("a connection to be closed, in capital letters", LIVE + "Connection: CLOSE\r\n\r\n").closed(200),
                of("a connection to be closed, in a list", LIVE + "Connection: x, close\r\n\r\n").closed(200),
                of("a connection to be closed, on the second line", LIVE + "Connection: x\r\nConnection: close\r\n\r\n").closed(200),
                of("a connection to be closed after a start", start(302, "Connection: close\r\n")).starts(302).closed(200),
                of("a connection to be closed after a refusal", "GET " + API + "/sessions HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n").closed(401),
                of("a connection to be kept", LIVE + "Connection: keep-alive\r\n\r\n").kept(200),
                of("requests behind one another", LIVE + "\r\n" + "GET " + API + "/sessions HTTP/1.1\r\n" + HOST + "\r\n" + "GET " + API
                        + "/sessions HTTP/1.1\r\n"
                                + AUTHORIZED + "\r\n" + "PUT /health HTTP/1.1\r\n" + HOST + "\r\n" + LIVE + "\r\n")
                        .kept(200, 401, 200, 405, 200),
                of("requests behind a start", start(303, "") + LIVE + "\r\n" + start(304, "Connection: close\r\n")).guards().closed(200, 200, 200),
                of("50 requests behind one another", (LIVE + "\r\n").repeat(50)).kept(IntStream.generate(() -> 200).limit(50).toArray()),
                of("a request behind the last one", LIVE + "Connection: close\r\n\r\n" + start(315, "")).closed(200),
                of("HEAD", "HEAD /health/live HTTP/1.1\r\n" + HOST + "\r\n").kept(200),
                of("HEAD of a page", "HEAD / HTTP/1.1\r\n" + HOST + "\r\n").kept(200),
                of("HEAD of what takes POST", "HEAD " + API + "/start HTTP/1.1\r\n" + AUTHORIZED + "\r\n").answered(405),
                of("HEAD without a token", "HEAD " + API + "/sessions HTTP/1.1\r\n" + HOST + "\r\n").answered(401),
                of("asking before a body is sent", "POST " + API + "/start HTTP/1.1\r\n" + AUTHORIZED + EXPECT + "Content-Length: " + length + "\r\n\r\n")
                        .then(order(305)).starts(305).kept(100, 200),
                of("asking before chunks are sent", "POST " + API + "/start HTTP/1.1\r\n" + AUTHORIZED + EXPECT + "Transfer-Encoding: chunked\r\n\r\n")
                        .then(Integer.toHexString(length) + "\r\n" + order(306) + "\r\n0\r\n\r\n").starts(306).kept(100, 200),
                of("asking, and sending the body at once", start(307, EXPECT)).starts(307).kept(100, 200).kept(200),
                of("asking without a token", "POST " + API + "/stop HTTP/1.1\r\n" + HOST + "Authorization: Bearer wrong\r\n" + EXPECT
                        + "Content-Length: 900\r\n\r\n")
                        .then(" ".repeat(900)).ended(401),
                of("asking for too long a body", "POST " + API + "/start HTTP/1.1\r\n" + AUTHORIZED + EXPECT + "Content-Length: 2000000\r\n\r\n")
                        .then(" ".repeat(2_000_000)).guards().ended(413),
                of("asking for what nobody knows", start(308, "Expect: 200-maybe\r\n")).starts(308).kept(200).refused(417).kept(417),
                of("asking over HTTP/1.0 is not answered", start(309, EXPECT).replace("HTTP/1.1", "HTTP/1.0")).starts(309).ended(200),
                of("a body of no stated kind", start(310, "")).starts(310).kept(200),
                of("a body of another kind", start(311, "Content-Type: text/plain\r\n")).starts(311).answered(200, 415),
                of("a body that is said to be compressed", start(312, "Content-Encoding: gzip\r\n")).starts(312).answered(200, 400, 415, 422),
                of("an upgrade to HTTP/2", LIVE + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n").guards()
                        .kept(200),
                of("an upgrade to HTTP/2 with a body", start(313,
                        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"))
                        .starts(313).guards().kept(200).refused(400),
                of("an upgrade to a web socket", LIVE + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                                + "AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
                        .guards().kept(200).refused(400),
                of("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000").guards()
                        .refused(400, 405, 505).silent(),
                of("a handshake of TLS inside", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + "\u0001".repeat(497) + "\r\n\r\n")
                        .refused(400).silent(),
                of("a proxy's own line first", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + LIVE + "\r\n").guards().refused(400, 505).silent());
    }
}
