package io.bignode.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of the dashboard and of the API's page, served from the jar to everybody, as they hold nothing of this node. Each file is a
 * route of its own, so that no path that a client sends becomes a path of a file. A page asks for what it shows itself, with its viewer's token.
 */
public final class WebPages {
    /** Scripts, styles and data from this server alone, and nothing inline; nobody frames the page, and it submits no form. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String UPLOT = "org.webjars.npm/uplot";

    /** Files that have the same path below {@code /web/} in the jar and for the browser. Those of Swagger UI are put there by the build. */
    private static final List<String> FILES = List.of(
            "style.css",
            "docs.css",
            "favicon.svg",
            "theme.js",
            "app.js",
            "api.js",
            "chart.js",
            "devices.js",
            "docs.js",
            "dom.js",
            "format.js",
            "heat.js",
            "history.js",
            "numbers.js",
            "rates.js",
            "series.js",
            "sessions.js",
            "stream.js",
            "themes.js",
            "token.js",
            "lib/swagger-ui-bundle.js",
            "lib/swagger-ui-bundle.js.LICENSE.txt",
            "lib/swagger-ui.css");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml",
            "txt", "text/plain; charset=utf-8");

    private static final List<Route> ROUTES = Stream.concat(
                    Stream.of(
                            route("/", "/web/index.html"),
                            route("/docs", "/web/docs.html"),
                            route("/web/lib/uPlot.js", uplot("uPlot.iife.min.js")),
                            route("/web/lib/uPlot.css", uplot("uPlot.min.css"))),
                    FILES.stream().map(name -> route("/web/" + name, "/web/" + name)))
            .toList();

    private WebPages() {}

    /** One route for each file. */
    public static List<Route> routes() {
        return ROUTES;
    }

    private static Route route(String path, String resource) {
        String type = TYPES.get(resource.substring(resource.lastIndexOf('.') + 1));
        if (type == null) throw new IllegalStateException("no content type is known for " + resource);
        if (WebPages.class.getResource(resource) == null) throw new IllegalStateException(resource + " is missing from this build");
        Page page = new Page(resource, type);
        return new Route("GET", path, Route.Credential.NONE, (call, reply) -> {
            Content content = page.content();
            reply.send(names(call.header("If-None-Match"), content.tag()) ? content.unchanged() : content.whole());
        });
    }

    /** What a file is answered with. */
    private record Content(String tag, Answer whole, Answer unchanged) {
        static Content of(String type, byte[] body) {
            String tag = '"' + digest(body) + '"';
            Map<String, String> headers = Map.of(
                    "Cache-Control", "no-cache", // may be kept, but is asked for each time: a new version is seen at once
                    "ETag", tag,
                    "Content-Security-Policy", POLICY,
                    "X-Content-Type-Options", "nosniff",
                    "Referrer-Policy", "no-referrer",
                    "Cross-Origin-Opener-Policy", "same-origin",
                    "Cross-Origin-Resource-Policy", "same-origin");
            return new Content(tag, new Answer(200, type, headers, body), new Answer(304, type, headers, new byte[0]));
        }
    }

    /** A file, which is read and digested when it is first asked for: a node starts in less time than Swagger UI's script takes for that. */
    private static final class Page {
        private final String resource;
        private final String type;
        private @Nullable Content content;

        Page(String resource, String type) {
            this.resource = resource;
            this.type = type;
        }

        synchronized Content content() {
            if (content == null) content = Content.of(type, read(resource));
            return content;
        }
    }

    private static boolean names(String tags, String tag) {
        return Stream.of(tags.split(",")).map(String::strip).anyMatch(each -> each.equals("*") || each.equals(tag) || each.equals("W/" + tag));
    }

    private static String uplot(String name) {
        Properties properties = new Properties();
        try (InputStream in = open("/META-INF/maven/" + UPLOT + "/pom.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "/META-INF/resources/webjars/uplot/" + properties.getProperty("version") + "/dist/" + name;
    }

    private static byte[] read(String resource) {
        try (InputStream in = open(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String resource) {
        InputStream in = WebPages.class.getResourceAsStream(resource);
        if (in == null) throw new IllegalStateException(resource + " is missing from this build");
        return in;
    }

    private static String digest(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
