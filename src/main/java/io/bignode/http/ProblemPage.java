package io.bignode.http;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** A problem as a page for somebody who opened an address in a browser. It needs no other file, as none is served while a node starts or is a standby. */
final class ProblemPage {
    private ProblemPage() {}

    /** The page, with the status and the headers of the problem. */
    static Answer of(Problem problem) {
        Map<String, String> headers = new HashMap<>(problem.headers());
        headers.put("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("Vary", "Accept");
        String page = """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>Big Node: %1$s</title>
                </head>
                <body>
                <h1>%1$s</h1>
                <p>%2$s.</p>
                <p>%3$s</p>
                </body>
                </html>
                """
                .formatted(escaped(problem.title()), escaped(capital(problem.sentence())), whereToLook(problem.status()));
        return new Answer(problem.status(), "text/html; charset=utf-8", Map.copyOf(headers), page.getBytes(StandardCharsets.UTF_8));
    }

    private static String whereToLook(int status) {
        return switch (status) {
            case 401 -> "A browser sends no token with an address. The <a href=\"/\">dashboard</a> asks for one, and on the <a href=\"/docs\">API's page</a>"
                    + " requests can be tried with it.";
            case 503 -> "<a href=\"/health/live\">/health/live</a> answers whenever the process runs. Its log says what it is doing.";
            default -> "This node has a <a href=\"/\">dashboard</a> and a <a href=\"/docs\">page about its API</a>.";
        };
    }

    private static String capital(String sentence) {
        return sentence.isEmpty() ? sentence : Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
