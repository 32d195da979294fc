package io.bignode.http;

import static io.bignode.http.RawRow.of;
import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;

/** Where a body ends: RFC 9112, sections 6 and 7. */
final class RawFramingRows {
    static final String HOST = "Host: node\r\n";
    static final String AUTHORIZED = HOST + "Authorization: Bearer " + TOKEN + "\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String LAST_CHUNK = "0\r\n\r\n";
    private static final int MIB = 1 << 20;

    /** A request that a body holds, or that follows broken framing; only its answer tells whether it was read as one. */
    private static final String HIDDEN = "GET /health/live HTTP/1.1\r\nHost: hidden\r\n\r\n";

    private RawFramingRows() {}

    static List<RawRow> rows() {
        List<RawRow> rows = new ArrayList<>();
        rows.addAll(lengths());
        rows.addAll(transferEncodings());
        rows.addAll(chunkSizes());
        rows.addAll(chunkEnds());
        rows.addAll(extensionsAndTrailers());
        rows.addAll(bodiesBehindRefusals());
        return rows;
    }

    static String order(int nodeId) {
        return startBody().put("node_id", nodeId).toString();
    }

    /** A start of an order with its token and a length, {@code headers} besides. */
    static String start(int nodeId, String headers) {
        String body = order(nodeId);
        return head(headers + "Content-Length: " + body.length() + "\r\n") + body;
    }

    private static String head(String headers) {
        return "POST " + API + "/start HTTP/1.1\r\n" + AUTHORIZED + headers + "\r\n";
    }

    private static String chunk(String body) {
        return Integer.toHexString(body.length()) + "\r\n" + body + "\r\n";
    }

    private static List<RawRow> lengths() {
        List<RawRow> rows = new ArrayList<>(List.of(
                of("a length", start(101, "")).starts(101).kept(200),
                of("a length with blanks around it", head("Content-Length: \t" + order(102).length() + " \r\n") + order(102)).starts(102).kept(200),
                of("a POST without any length has no body", head("")).answered(400, 411, 422),
                of("the same length twice", start(103, "Content-Length: " + order(103).length() + "\r\n")).starts(103).kept(200).refused(400),
                of("the same length twice in a list", head("Content-Length: " + order(104).length() + ", " + order(104).length() + "\r\n") + order(104))
                        .starts(104).kept(200).refused(400),
                of("two lengths", start(105, "Content-Length: 5\r\n")).starts(105).guards().refused(400)));
        int next = 170;
        for (String[] variant : new String[][] {
            {"two lengths in a list", "5, " + order(106).length()},
            {"a length with a plus", "+" + order(106).length()},
            {"a length with a minus", "-1"},
            {"a length in hexadecimal", "0x10"},
            {"an empty length", ""},
            {"a length that is a word", "ten"},
            {"a length with a blank inside", "1 0"},
            {"a length with a point", "10.0"},
            {"a length beyond 64 bits", "18446744073709551626"}
        }) {
            String request = head("Content-Length: " + variant[1] + "\r\n") + order(++next);
            rows.add(of(variant[0], request).starts(next).guards().refused(400, 413));
        }
        return rows;
    }

    private static List<RawRow> transferEncodings() {
        List<RawRow> rows = new ArrayList<>(List.of(
                of("chunks", head(CHUNKED) + chunk(order(111)) + LAST_CHUNK).starts(111).kept(200),
                of("several chunks", head(CHUNKED) + chunk(order(112).substring(0, 7)) + chunk(order(112).substring(7)) + LAST_CHUNK).starts(112).kept(200),
                of("chunks in capital letters", head("TRANSFER-ENCODING: Chunked\r\n") + chunk(order(113)) + LAST_CHUNK).starts(113).kept(200),
                of("chunks and a length", head(CHUNKED + "Content-Length: 5\r\n") + chunk(order(114)) + LAST_CHUNK)
                        .starts(114).guards().closed(200).refused(400),
                of("a length and chunks", head("Content-Length: 5\r\n" + CHUNKED) + chunk(order(115)) + LAST_CHUNK)
                        .starts(115).guards().closed(200).refused(400),
                of("chunks on HTTP/1.0", (head(CHUNKED) + chunk(order(116)) + LAST_CHUNK).replace("HTTP/1.1", "HTTP/1.0")).starts(116).guards()
                        .refused(400, 505),
                of("chunks on HTTP/1.0 with a length", (head(CHUNKED + "Content-Length: 5\r\n") + chunk(order(117)) + LAST_CHUNK)
                        .replace("HTTP/1.1", "HTTP/1.0"))
                        .starts(117).guards().refused(400, 505)));
        int next = 180;
        for (String[] variant : new String[][] {
            {"chunks named twice", "Transfer-Encoding: chunked, chunked\r\n"},
            {"chunks named on two lines", CHUNKED + CHUNKED},
            {"compressed chunks", "Transfer-Encoding: gzip, chunked\r\n"},
            {"a compressed body", "Transfer-Encoding: gzip\r\n"},
            {"chunks before compression", "Transfer-Encoding: chunked, gzip\r\n"},
            {"an identity encoding", "Transfer-Encoding: identity\r\n"},
            {"an unknown encoding", "Transfer-Encoding: xchunked\r\n"},
            {"a vertical tab before the encoding", "Transfer-Encoding: \u000bchunked\r\n"},
            {"a blank before the colon of an encoding", "Transfer-Encoding : chunked\r\n"},
            {"an empty encoding", "Transfer-Encoding: \r\n"}
        }) {
            String request = head(variant[1]) + chunk(order(++next)) + LAST_CHUNK;
            rows.add(of(variant[0], request).starts(next).guards().refused(400, 411, 501));
        }
        return rows;
    }

    private static List<RawRow> chunkSizes() {
        String size = Integer.toHexString(order(121).length());
        List<RawRow> rows = new ArrayList<>(List.of(
                of("a chunk size in capital letters", head(CHUNKED) + chunk(order(121)).replace(size, size.toUpperCase(Locale.ROOT)) + LAST_CHUNK)
                        .starts(121).kept(200),
                of("a chunk size with some zeros before it", head(CHUNKED) + "0000" + chunk(order(122)) + LAST_CHUNK).starts(122).kept(200).refused(400),
                of("a chunk size with 100,000 zeros before it", head(CHUNKED) + "0".repeat(100_000) + chunk(order(123)) + LAST_CHUNK)
                        .starts(123).guards().refused(400, 413),
                of("a blank after the chunk size", head(CHUNKED) + chunk(order(124)).replaceFirst("\r\n", " \r\n") + LAST_CHUNK).starts(124).kept(200)
                        .refused(400),
                of("a blank before the chunk size", head(CHUNKED) + " " + chunk(order(125)) + LAST_CHUNK).starts(125).guards().refused(400)));
        for (String line : List.of("zz", "-5", "+5", "0x5", "5 5", "5\r", "ffffffffffffffff1", "10000000000000005", "", "5,5", "\u00b2"))
            rows.add(of("the chunk size '" + line.replace("\r", "\\r") + "'", head(CHUNKED) + line + "\r\n" + HIDDEN).guards().refused(400, 413));
        return rows;
    }

    private static List<RawRow> chunkEnds() {
        List<RawRow> rows = new ArrayList<>();
        int next = 190;
        for (String end : List.of("XX", "\n", "\r", "\rX", "\n\r", "", " \r\n")) {
            String request = head(CHUNKED) + chunk(order(++next)).replaceFirst("\r\n$", end) + LAST_CHUNK;
            rows.add(of("a chunk that ends with '" + shown(end) + "'", request).starts(next).guards().refused(400));
        }
        rows.add(of("a chunk longer than its size", head(CHUNKED) + "5\r\n" + order(132) + "\r\n" + LAST_CHUNK).starts(132).guards().refused(400));
        rows.add(of("a chunk size that ends with a line feed alone", head(CHUNKED) + chunk(order(133)).replaceFirst("\r\n", "\n") + LAST_CHUNK)
                .starts(133).guards().refused(400));
        rows.add(of("a last chunk that ends with line feeds alone", head(CHUNKED) + chunk(order(134)) + "0\n\n").starts(134).guards().refused(400));
        rows.add(of("a last chunk followed by a word", head(CHUNKED) + chunk(order(135)) + "0\r\nXX").starts(135).guards().refused(400));
        return rows;
    }

    private static List<RawRow> extensionsAndTrailers() {
        return List.of(
                of("a chunk extension", head(CHUNKED) + extended(141, ";a=b")).starts(141).kept(200),
                of("a chunk extension without a value", head(CHUNKED) + extended(142, ";a;b")).starts(142).kept(200),
                of("a quoted chunk extension", head(CHUNKED) + extended(143, ";a=\"b;\\\"c\"")).starts(143).kept(200),
                of("an extension on the last chunk", head(CHUNKED) + chunk(order(152)) + "0;a=b\r\n\r\n").starts(152).kept(200),
                of("blanks around a chunk extension", head(CHUNKED) + extended(144, " ; a = b")).starts(144).kept(200).refused(400),
                of("a chunk extension of 20,000 bytes", head(CHUNKED) + extended(145, ";a=" + "b".repeat(20_000))).starts(145).kept(200).refused(400, 413, 431),
                of("a chunk extension of 3 MiB", head(CHUNKED) + extended(146, ";a=" + "b".repeat(3 * MIB))).starts(146).guards().refused(400, 413, 431),
                of("a line feed alone in a chunk extension", head(CHUNKED) + extended(147, ";a\nb=c")).starts(147).guards().refused(400),
                of("a line end in a quoted chunk extension", head(CHUNKED) + extended(148, ";a=\"\r\n\"")).starts(148).guards().refused(400),
                of("a trailer", head(CHUNKED) + chunk(order(150)) + "0\r\n" + "X-Sum: 1\r\n\r\n").starts(150).kept(200),
                of("a trailer of 40,000 bytes", head(CHUNKED) + chunk(order(153)) + "0\r\n" + "X-Sum: " + "1".repeat(40_000) + "\r\n\r\n").starts(153).guards()
                        .refused(400, 413, 431),
                of("40,000 trailers", head(CHUNKED) + chunk(order(154)) + "0\r\n" + "X-Sum: 1\r\n".repeat(40_000) + "\r\n").starts(154).guards()
                        .refused(400, 413, 431),
                of("a trailer without a colon", head(CHUNKED) + chunk(order(155)) + "0\r\n" + "X-Sum\r\n\r\n").starts(155).refused(400),
                of("a token in a trailer is none", head(CHUNKED).replace(AUTHORIZED, HOST) + chunk(order(156)) + "0\r\n" + "Authorization: Bearer " + TOKEN
                        + "\r\n\r\n")
                        .starts(156).guards().answered(401),
                of("a length in a trailer is none", head(CHUNKED) + chunk(order(151)) + "0\r\nContent-Length: 60\r\n\r\n").starts(151).guards().kept(200)
                        .refused(400));
    }

    private static String extended(int nodeId, String extension) {
        return chunk(order(nodeId)).replaceFirst("\r\n", Matcher.quoteReplacement(extension + "\r\n")) + LAST_CHUNK;
    }

    private static List<RawRow> bodiesBehindRefusals() {
        String length = "Content-Length: " + HIDDEN.length() + "\r\n\r\n" + HIDDEN;
        String chunked = CHUNKED + "\r\n" + chunk(HIDDEN) + LAST_CHUNK;
        String malformed = CHUNKED + "\r\nzz\r\n" + HIDDEN;
        String unauthorized = "POST " + API + "/start HTTP/1.1\r\n" + HOST;
        String elsewhere = "POST /nowhere HTTP/1.1\r\n" + AUTHORIZED;
        String otherMethod = "PUT " + API + "/start HTTP/1.1\r\n" + AUTHORIZED;
        String health = "GET /health/live HTTP/1.1\r\n" + HOST;
        return List.of(
                of("too long a body, as its length says", head("Content-Length: " + (MIB + 1) + "\r\n") + HIDDEN).guards().refused(413),
                of("too long a body, sent whole", head("Content-Length: " + (MIB + 1) + "\r\n") + HIDDEN + "x".repeat(MIB + 1 - HIDDEN.length()))
                        .guards().answered(413),
                of("too long a body in chunks", head(CHUNKED) + chunk("x".repeat(MIB)) + chunk("x".repeat(20)) + LAST_CHUNK).guards().answered(413),
                of("a body of requests, too long, in chunks", head(CHUNKED) + "200000\r\n" + HIDDEN.repeat(2 * MIB / HIDDEN.length())).guards().refused(413),
                of("a body behind 401", unauthorized + length).guards().answered(401),
                of("a body in chunks behind 401", unauthorized + chunked).guards().answered(401),
                of("malformed chunks behind 401", unauthorized + malformed).guards().ended(400, 401),
                of("a body behind 404", elsewhere + length).guards().answered(404),
                of("a body in chunks behind 404", elsewhere + chunked).guards().answered(404),
                of("malformed chunks behind 404", elsewhere + malformed).guards().ended(400, 404),
                of("a body behind 405", otherMethod + length).guards().answered(405),
                of("a body in chunks behind 405", otherMethod + chunked).guards().answered(405),
                of("malformed chunks behind 405", otherMethod + malformed).guards().ended(400, 405),
                of("a long body behind 401", unauthorized + "Content-Length: 900000\r\n\r\n" + HIDDEN + "x".repeat(900_000 - HIDDEN.length())).guards()
                        .answered(401, 413),
                of("a body that a health check has", health + length).guards().answered(200, 400),
                of("chunks that a health check has", health + chunked).guards().answered(200, 400),
                of("malformed chunks that a health check has", health + malformed).guards().ended(200, 400),
                of("a body that is cut short", head("Content-Length: 5000\r\n") + order(161)).starts(161).guards().cutOff().ended(400).silent(),
                of("a chunk that is cut short", head(CHUNKED) + "fff\r\n" + order(162)).starts(162).guards().cutOff().ended(400).silent(),
                of("chunks without the last one", head(CHUNKED) + chunk(order(163))).starts(163).guards().cutOff().ended(400).silent(),
                // Whole, as the last chunk came: RFC 9112, section 8.
                of("chunks without the end of their trailers", head(CHUNKED) + chunk(order(164)) + "0\r\n").starts(164).cutOff().ended(200).ended(400)
                        .silent());
    }

    private static String shown(String end) {
        return end.replace("\r", "\\r").replace("\n", "\\n");
    }
}
