package io.bignode.http;

import static io.bignode.http.RawFramingRows.AUTHORIZED;
import static io.bignode.http.RawFramingRows.HOST;
import static io.bignode.http.RawFramingRows.order;
import static io.bignode.http.RawFramingRows.start;
import static io.bignode.http.RawRow.of;
import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;

import java.util.ArrayList;
import java.util.List;

/** Request lines and header lines: RFC 9112, sections 2 to 5, and RFC 9110, section 5. */
final class RawHeadRows {
    private static final String HEALTH = "GET /health/live HTTP/1.1\r\n";
    private static final String LIST = "GET " + API + "/sessions HTTP/1.1\r\n";

    private RawHeadRows() {}

    static List<RawRow> rows() {
        List<RawRow> rows = new ArrayList<>();
        rows.addAll(headers());
        rows.addAll(hosts());
        rows.addAll(requestLines());
        rows.addAll(targets());
        return rows;
    }

    private static RawRow withHeaders(String name, String headers) {
        return of(name, HEALTH + headers + "\r\n");
    }

    private static List<RawRow> headers() {
        return List.of(
                withHeaders("a header that is not ASCII", HOST + "X-Name: \u00e9\u00ff\r\n").kept(200),
                withHeaders("a folded header", HOST + "X-Long: a\r\n b\r\n").kept(200).refused(400),
                of("a folded token", LIST + HOST + "Authorization:\r\n Bearer " + TOKEN + "\r\n\r\n").kept(200).refused(400),
                withHeaders("a blank before the first header", " X-First: a\r\n" + HOST).kept(200).refused(400),
                withHeaders("a header behind a blank that is a length", HOST + " Content-Length: 60\r\n").guards().kept(200).refused(400),
                of("line feeds alone", (HEALTH + HOST + "\r\n").replace("\r\n", "\n")).kept(200).refused(400),
                of("a line feed alone before a length", HEALTH + HOST + "X: a\nContent-Length: 5\r\n\r\n12345").guards().kept(200).refused(400),
                withHeaders("a carriage return alone in a header", HOST + "X: a\rb\r\n").kept(200).refused(400),
                withHeaders("a carriage return alone before a length", HOST + "X: a\rContent-Length: 60\r\n").guards().kept(200).refused(400),
                withHeaders("a NUL in a header", HOST + "X: a\u0000b\r\n").guards().kept(200).refused(400),
                withHeaders("a NUL in a header's name", HOST + "X\u0000: a\r\n").guards().refused(400),
                withHeaders("a blank before the colon", HOST + "X : a\r\n").guards().refused(400),
                withHeaders("a header without a colon", HOST + "X\r\n").refused(400),
                withHeaders("a header without a name", HOST + ": a\r\n").refused(400),
                withHeaders("a header's name with a bracket", HOST + "X(1): a\r\n").refused(400),
                withHeaders("an empty header", HOST + "X:\r\n").kept(200),
                withHeaders("a header of 20,000 bytes", HOST + "X: " + "a".repeat(20_000) + "\r\n").guards().refused(400, 431),
                withHeaders("headers of 20,000 bytes together", HOST + "X: aaaaaaaaaaaaa\r\n".repeat(1_100)).guards().refused(400, 431),
                withHeaders("headers of 3 MiB together", HOST + "X: aaaaaaaaaaaaa\r\n".repeat(3 << 16)).guards().refused(400, 431),
                of("two tokens", LIST + AUTHORIZED + "Authorization: Bearer another\r\n\r\n").guards().answered(400, 401),
                of("a head that is cut short", HEALTH + "Host: no").cutOff().ended(400).silent(),
                of("a head without its empty line", "DELETE " + API + "/session/none HTTP/1.1\r\n" + AUTHORIZED).cutOff().ended(400).silent());
    }

    private static List<RawRow> hosts() {
        return List.of(
                withHeaders("no host", "").refused(400),
                withHeaders("two hosts", HOST + "Host: other\r\n").guards().refused(400),
                withHeaders("the same host twice", HOST + HOST).refused(400),
                withHeaders("two hosts on a line", "Host: node, other\r\n").refused(400),
                withHeaders("an empty host", "Host: \r\n").kept(200).refused(400),
                withHeaders("a host with a port", "Host: node:9090\r\n").kept(200),
                withHeaders("a host that is an address of IPv6", "Host: [::1]:9090\r\n").kept(200),
                withHeaders("a host with a blank", "Host: no de\r\n").refused(400),
                withHeaders("a host with a port that is a word", "Host: node:port\r\n").refused(400),
                withHeaders("a host with a slash", "Host: node/x\r\n").refused(400),
                withHeaders("a host with a name before it", "Host: user@node\r\n").refused(400));
    }

    private static RawRow line(String name, String line) {
        return of(name, line + "\r\n" + HOST + "\r\n");
    }

    private static List<RawRow> requestLines() {
        return List.of(
                line("a line of 10,000 bytes", "GET /" + "a".repeat(10_000) + " HTTP/1.1").guards().answered(400, 414, 431),
                line("a line of 3 MiB", "GET /" + "a".repeat(3 << 20) + " HTTP/1.1").guards().refused(400, 414, 431),
                line("a method of 10,000 bytes", "G".repeat(10_000) + " / HTTP/1.1").guards().answered(400, 405, 414, 431, 501),
                line("an unknown method", "BREW /health/live HTTP/1.1").answered(400, 405, 501),
                line("a method in small letters", "get /health/live HTTP/1.1").answered(400, 405, 501),
                line("a method with a sign that none has", "G@T /health/live HTTP/1.1").answered(400, 405, 501),
                line("no method", " /health/live HTTP/1.1").refused(400),
                line("a blank before the method", " GET /health/live HTTP/1.1").refused(400),
                line("two blanks in the line", "GET  /health/live HTTP/1.1").kept(200).refused(400),
                line("a blank in the target", "GET /health/ live HTTP/1.1").guards().refused(400, 505),
                line("a word after the version", "GET /health/live HTTP/1.1 x").guards().refused(400, 505),
                line("no version", "GET /health/live").refused(400, 505).silent(),
                line("version 0.9", "GET /health/live HTTP/0.9").refused(400, 505),
                line("version 1.2", "GET /health/live HTTP/1.2").kept(200).refused(400, 505),
                line("version 2.0", "GET /health/live HTTP/2.0").refused(400, 505),
                line("version 9.9", "GET /health/live HTTP/9.9").refused(400, 505),
                line("version 1.10", "GET /health/live HTTP/1.10").refused(400, 505),
                line("a version in small letters", "GET /health/live http/1.1").kept(200).refused(400, 505),
                line("another protocol", "GET /health/live FTP/1.1").refused(400, 505),
                of("an empty line first", "\r\n" + HEALTH + HOST + "\r\n").kept(200),
                of("100,000 empty lines first", "\r\n".repeat(100_000) + HEALTH + HOST + "\r\n").kept(200).refused(400, 431).silent(),
                of("an empty line after a body", start(201, "") + "\r\n").starts(201).kept(200),
                of("a word after a body", start(202, "") + "GARBAGE\r\n\r\n").starts(202).guards().closed(200, 400),
                of("a word that is no request", "GARBAGE\r\n\r\n").refused(400).silent(),
                of("nothing but NULs", "\u0000".repeat(100) + "\r\n\r\n").refused(400).silent());
    }

    /** A request without a token for the list of sessions by another path: whatever is made of the path, nobody may be let in. */
    private static RawRow detour(String path) {
        return line("the detour " + path, "GET " + path + " HTTP/1.1").guards().answered(400, 401, 404);
    }

    private static List<RawRow> targets() {
        List<RawRow> rows = new ArrayList<>(List.of(
                line("an absolute target", "GET http://node/health/live HTTP/1.1").kept(200),
                line("an absolute target of another host", "GET http://elsewhere:8080/health/live HTTP/1.1").answered(200, 400, 421),
                line("an absolute target in capital letters", "GET HTTP://NODE/health/live HTTP/1.1").kept(200),
                line("an absolute target without a path", "GET http://node HTTP/1.1").kept(200),
                line("an absolute target with a query", "GET http://node/health/live?x=1 HTTP/1.1").kept(200),
                line("an absolute target with a user", "GET http://user:word@node/health/live HTTP/1.1").answered(200, 400),
                line("an absolute target of another scheme", "GET gopher://node/health/live HTTP/1.1").answered(200, 400, 404, 421),
                line("an absolute target without a host", "GET http:///health/live HTTP/1.1").guards().refused(400),
                of("an absolute target of a start", start(211, "").replaceFirst("POST ", "POST http://node")).starts(211).kept(200),
                line("an authority", "GET node:443 HTTP/1.1").answered(400, 401, 404),
                line("a tunnel", "CONNECT node:443 HTTP/1.1").guards().answered(400, 401, 404, 405, 501),
                line("options of everything", "OPTIONS * HTTP/1.1").answered(200, 204, 400, 401, 404, 405, 501),
                line("an asterisk for a GET", "GET * HTTP/1.1").answered(400, 401, 404),
                line("a trace", "TRACE /health/live HTTP/1.1").guards().answered(405, 501),
                line("a trailing slash", "GET /health/live/ HTTP/1.1").kept(200),
                line("a trailing slash and a query", "GET /health/?x=1 HTTP/1.1").kept(200),
                of("a trailing slash of a start", start(212, "").replaceFirst("/start", "/start/")).starts(212).kept(200),
                line("two slashes first", "GET //health/live HTTP/1.1").answered(200, 400, 401, 404),
                line("two slashes inside", "GET /health//live HTTP/1.1").answered(200, 400, 401, 404),
                line("two slashes last", "GET /health/live// HTTP/1.1").answered(200, 400, 401, 404),
                line("a broken percent sign", "GET /%zz HTTP/1.1").answered(400, 401, 404),
                line("a percent sign last", "GET /health/live% HTTP/1.1").answered(400, 401, 404),
                line("an encoded letter", "GET /health/%6cive HTTP/1.1").answered(200, 400, 401, 404),
                line("an encoded NUL", "GET /health/live%00 HTTP/1.1").guards().answered(400, 401, 404),
                line("an encoded line end", "GET /health/live%0d%0aX-Injected:%20a HTTP/1.1").guards().answered(400, 401, 404),
                line("an encoded line end in the query", "GET /health/live?a%0d%0aX-Injected:%20a HTTP/1.1").guards().answered(200, 400),
                line("a target that is not ASCII", "GET /\u00e9 HTTP/1.1").answered(400, 401, 404),
                line("a fragment", "GET /health/live#a HTTP/1.1").answered(200, 400, 401, 404),
                line("no slash", "GET health/live HTTP/1.1").answered(400, 401, 404),
                line("a parameter of a segment", "GET /health/live;a=b HTTP/1.1").answered(200, 400, 401, 404)));
        String list = API + "/sessions";
        for (String path : List.of(
                "/health/.." + list,
                "/health/%2e%2e" + list,
                "/health/%2E." + list,
                "/health/..%2f" + list.substring(1),
                "/health%2f.." + list,
                "/health/..;" + list,
                "/health/..%5c" + list.substring(1),
                "/health/%252e%252e" + list,
                "/health/live/../.." + list,
                "/." + list,
                "/" + list,
                API + "/%73essions",
                API + "/sessions;x",
                API + "/sessions%00",
                API + "/sessions/%2e"))
            rows.add(detour(path));
        return rows;
    }
}
