package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of the dashboard and of the API's page, as the server gives them to somebody without a token. */
class WebPagesTest {
    private static Stream<String> paths() {
        return WebPages.routes().stream().map(Route::template);
    }

    @Test
    void everyFileIsServedAsWhatItIsUnderAStrictPolicy() {
        try (TestNode node = new TestNode()) {
            assertThat(paths()).contains("/", "/docs", "/web/app.js", "/web/style.css", "/web/favicon.svg", "/web/lib/uPlot.js",
                    "/web/lib/swagger-ui-bundle.js");
            paths().forEach(path -> {
                HttpResponse<String> response = node.get("/" + path, "");
                assertThat(response.statusCode()).as(path).isEqualTo(200);
                assertThat(header(response, "Content-Type")).as(path).startsWith(type(path));
                assertThat(header(response, "Content-Security-Policy")).contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                        .doesNotContain("unsafe");
                assertThat(header(response, "X-Content-Type-Options")).isEqualTo("nosniff");
                assertThat(header(response, "Referrer-Policy")).isEqualTo("no-referrer");
                assertThat(response.headers().allValues("Cache-Control")).isEqualTo(List.of("no-cache"));
                // Swagger UI's script has such words among its texts; what a browser thinks of it is seen in DocsPageTest.
                if (!path.startsWith("/web/lib/swagger-ui-bundle")) assertThat(response.body()).doesNotContain("<script>").doesNotContain("<style");
            });
        }
    }

    private static String type(String path) {
        return switch (path.substring(path.lastIndexOf('.') + 1)) {
            case "js" -> "text/javascript";
            case "css" -> "text/css";
            case "svg" -> "image/svg+xml";
            case "txt" -> "text/plain";
            default -> "text/html";
        };
    }

    @Test
    void whatABrowserStillHasIsNotSentAgain() {
        try (TestNode node = new TestNode()) {
            String tag = header(node.get("//web/app.js", ""), "ETag");
            HttpResponse<String> same = node.send(node.request("//web/app.js", "").header("If-None-Match", "\"another\", W/" + tag).GET());
            assertThat(same.statusCode()).isEqualTo(304);
            assertThat(same.body()).isEmpty();
            assertThat(header(same, "ETag")).isEqualTo(tag);
            assertThat(node.send(node.request("//web/app.js", "").header("If-None-Match", "\"another\"").GET()).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/web/,401", "/web,401", "/web/../openapi.yaml,401", "/web/..%2fopenapi.yaml,400", "/web/%2e%2e/db/sqlite/1.sql,400", "/web/lib/../app.js,401",
                "/web//app.js,400",
        "/index.html,401", "/web/index.html,401", "/web/docs.html,401", "/web/lib/swagger-ui.js,401", "/META-INF/MANIFEST.MF,401", "/web/lib/uPlot.cjs.js,401"
    })
    void noOtherPathLeadsToAFile(String path, int status) throws Exception {
        try (TestNode node = new TestNode();
                Socket socket = node.connect()) {
            byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
            assertThat(RawExchange.send(socket, request).status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @MethodSource("paths")
    void noFileIsWrittenTo(String path) {
        try (TestNode node = new TestNode()) {
            HttpResponse<String> response = node.post("/" + path, "{}", "");
            assertThat(response.statusCode()).isEqualTo(405);
            assertThat(header(response, "Allow")).isEqualTo("GET, HEAD");
        }
    }

    @Test
    void everyFileOfTheFolderIsListed() throws Exception {
        Path folder = Path.of(WebPages.class.getResource("/web/index.html").toURI()).getParent();
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile).map(file -> "/web/" + folder.relativize(file)).filter(path -> !path.endsWith(".html")))
                    .hasSizeGreaterThan(15).allMatch(path -> paths().anyMatch(path::equals));
        }
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElseThrow();
    }
}
