package io.bignode.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.bignode.http.Answer;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * {@code openapi.yaml} as a page to read, made once from the document. It is the same on every node and tells nothing of this one, so that it asks for no
 * token; it has no script and loads nothing.
 */
public final class ApiPage {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");
    private static final String STYLE = """
            :root { color-scheme: light dark; --line: #8886; --faint: light-dark(#555, #aaa); --back: light-dark(#f3f4f6, #1b1e24); }
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
            h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
            code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
            .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
            th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--line); }
            section { margin: 1.5rem 0; padding: 0 1rem; background: var(--back); border-radius: 0.5rem; overflow: hidden; }
            h3 code { font-size: 1rem; } .method { font-weight: 700; } small { color: var(--faint); font-size: 0.9em; }
            """;
    private static final Answer PAGE = answer(OpenApi.document());

    private final JsonNode document;
    private final Markup out = new Markup();

    private ApiPage(JsonNode document) {
        this.document = document;
    }

    static void serve(Request request, Reply reply) throws IOException {
        reply.send(PAGE);
    }

    private static Answer answer(byte[] yaml) {
        try {
            byte[] page = html(new YAMLMapper().readTree(yaml)).getBytes(StandardCharsets.UTF_8);
            String policy = "default-src 'none'; style-src '" + digest(STYLE) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            Map<String, String> headers = Map.of("Content-Security-Policy", policy, "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer");
            return new Answer(200, "text/html; charset=utf-8", headers, page);
        } catch (IOException e) {
            throw new UncheckedIOException("openapi.yaml of this build is no YAML", e);
        }
    }

    /** The document as a page. */
    public static String html(JsonNode document) {
        ApiPage page = new ApiPage(document);
        page.write();
        return page.out.toString();
    }

    private void write() {
        String title = document.at("/info/title").asText();
        out.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>")
                .text(title).raw("</title><style>").raw(STYLE).raw("</style></head><body><main>");
        out.raw("<h1>").text(title).raw("</h1>").prose(document.at("/info/description").asText());
        out.raw("<p>As a document for programs (OpenAPI ").text(document.get("openapi").asText()).raw("): <code>GET /openapi</code>, with a token.</p>");
        contents();
        document.get("paths").properties().forEach(path -> path.getValue().properties().forEach(entry -> {
            if (METHODS.contains(entry.getKey())) operation(entry.getKey(), path.getKey(), path.getValue(), entry.getValue());
        }));
        out.raw("<h2>Bodies</h2>");
        document.at("/components/schemas").properties().forEach(schema -> {
            out.raw("<section><h3 id=\"").text(anchor(schema.getKey())).raw("\"><code>").text(schema.getKey()).raw("</code></h3>");
            schema(schema.getValue());
            out.raw("</section>");
        });
        out.raw("</main></body></html>\n");
    }

    private void contents() {
        out.raw("<nav aria-label=\"Calls\"><div class=\"scroll\"><table><tr><th>Request</th><th>Does</th></tr>");
        document.get("paths").properties().forEach(path -> path.getValue().properties().forEach(entry -> {
            if (!METHODS.contains(entry.getKey())) return;
            out.raw("<tr><td><a href=\"#").text(anchor(entry.getValue())).raw("\"><code>").text(entry.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey())
                    .raw("</code></a></td><td>").text(entry.getValue().path("summary").asText()).raw("</td></tr>");
        }));
        out.raw("</table></div></nav><h2>Calls</h2>");
    }

    private void operation(String method, String path, JsonNode item, JsonNode operation) {
        out.raw("<section><h3 id=\"").text(anchor(operation)).raw("\"><code><span class=\"method\">").text(method.toUpperCase(Locale.ROOT)).raw("</span> ")
                .text(path).raw("</code></h3><p>").text(operation.path("summary").asText()).raw(".</p>").prose(operation.path("description").asText());
        out.raw("<p><small>").text(credentials(operation)).raw("</small></p>");
        List<JsonNode> parameters = new ArrayList<>();
        item.path("parameters").forEach(parameters::add);
        operation.path("parameters").forEach(parameters::add);
        if (!parameters.isEmpty()) {
            head("Parameter", "In", "Type", "");
            for (JsonNode parameter : parameters) {
                JsonNode meant = meant(parameter);
                row(meant.get("name").asText(), meant.get("in").asText(), type(meant.get("schema")), meant.path("description").asText());
            }
            out.raw("</table></div>");
        }
        JsonNode body = operation.path("requestBody").path("content").path("application/json").path("schema");
        if (!body.isMissingNode()) {
            out.raw("<p>Body: ").raw(type(body)).raw("</p>");
            if (!body.has("$ref")) schema(body);
        }
        head("Status", "", "Body", "");
        operation.get("responses").properties().forEach(response -> {
            JsonNode meant = meant(response.getValue());
            List<String> bodies = new ArrayList<>();
            meant.path("content").properties().forEach(content -> bodies.add(Markup.escaped(content.getKey()) + (content.getValue().has("schema")
                    ? " " + type(content.getValue().get("schema")) : "")));
            row(response.getKey(), "", String.join(", ", bodies), meant.path("description").asText());
        });
        out.raw("</table></div></section>");
    }

    private String credentials(JsonNode operation) {
        JsonNode security = operation.has("security") ? operation.get("security") : document.get("security");
        List<String> ways = new ArrayList<>();
        security.forEach(way -> way.fieldNames().forEachRemaining(name -> ways.add(switch (name) {
            case "bearer" -> "Authorization: Bearer <token>";
            case "joinToken" -> "Authorization: Bearer <join token>";
            case "queryToken" -> "auth_token in the query";
            case "bodyToken" -> "auth_token in the body";
            default -> name;
        })));
        return ways.isEmpty() ? "Needs no token." : "Token: " + String.join(", or ", ways) + ".";
    }

    private void schema(JsonNode schema) {
        schema.path("allOf").forEach(part -> {
            if (part.has("$ref")) {
                out.raw("<p>All of ").raw(type(part)).raw(", and</p>");
            } else {
                schema(part);
            }
        });
        if (!schema.has("properties")) {
            if (!schema.has("allOf")) out.raw("<p>").raw(type(schema)).raw("</p>");
            return;
        }
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        head("Field", "", "Type", "");
        schema.get("properties").properties().forEach(field -> row(
                field.getKey(), required.contains(field.getKey()) ? "required" : "", type(field.getValue()), field.getValue().path("description").asText()));
        out.raw("</table></div>");
    }

    /** A schema in a few words, as markup. */
    private String type(JsonNode schema) {
        if (schema.has("$ref")) {
            String name = schema.get("$ref").asText().replaceFirst(".*/", "");
            return "<a href=\"#" + Markup.escaped(anchor(name)) + "\"><code>" + Markup.escaped(name) + "</code></a>";
        }
        if (schema.has("enum")) {
            List<String> values = new ArrayList<>();
            schema.get("enum").forEach(value -> values.add("<code>" + Markup.escaped(value.asText()) + "</code>"));
            return "one of " + String.join(", ", values);
        }
        List<String> types = new ArrayList<>();
        if (schema.path("type").isArray()) {
            schema.get("type").forEach(type -> types.add(type.asText()));
        } else {
            types.add(schema.path("type").asText("anything"));
        }
        String text = Markup.escaped(String.join(" or ", types)) + Markup.escaped(limits(schema));
        if (schema.has("items")) text += " of " + type(schema.get("items"));
        if (schema.path("additionalProperties").isObject()) text += ", by name: " + type(schema.get("additionalProperties"));
        if (schema.has("items") && schema.get("items").has("properties")) {
            List<String> fields = new ArrayList<>();
            schema.get("items").get("properties").properties().forEach(field ->
                    fields.add("<code>" + Markup.escaped(field.getKey()) + "</code> " + type(field.getValue())));
            text += " {" + String.join(", ", fields) + "}";
        }
        return text;
    }

    private static String limits(JsonNode schema) {
        StringBuilder text = new StringBuilder();
        if (schema.has("minimum")) text.append(" ≥ ").append(schema.get("minimum").asText());
        if (schema.has("exclusiveMinimum")) text.append(" > ").append(schema.get("exclusiveMinimum").asText());
        // That of 64 bits needs no telling.
        if (schema.has("maximum") && schema.get("maximum").asLong() != Long.MAX_VALUE) text.append(" ≤ ").append(schema.get("maximum").asText());
        if (schema.has("maxLength")) text.append(", at most ").append(schema.get("maxLength").asText()).append(" characters");
        if (schema.has("default")) text.append(", by default ").append(schema.get("default").asText());
        return text.toString();
    }

    private void head(String... titles) {
        out.raw("<div class=\"scroll\"><table><tr>");
        for (String title : titles) out.raw("<th>").text(title).raw("</th>");
        out.raw("</tr>");
    }

    private void row(String name, String second, String markup, String description) {
        out.raw("<tr><td><code>").text(name).raw("</code></td><td>").text(second).raw("</td><td>").raw(markup).raw("</td><td>").prose(description)
                .raw("</td></tr>");
    }

    private JsonNode meant(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }

    private static String anchor(JsonNode operation) {
        return "request-" + operation.path("operationId").asText();
    }

    private static String anchor(String schema) {
        return "body-" + schema;
    }

    private static String digest(String style) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** HTML being written. */
    private static final class Markup {
        private final StringBuilder html = new StringBuilder();

        Markup raw(String markup) {
            html.append(markup);
            return this;
        }

        Markup text(String text) {
            html.append(escaped(text));
            return this;
        }

        /** Paragraphs with code in backticks. */
        Markup prose(String text) {
            for (String paragraph : text.strip().split("\n\n")) {
                if (!paragraph.isBlank()) html.append("<p>").append(escaped(paragraph).replaceAll("`([^`]+)`", "<code>$1</code>")).append("</p>");
            }
            return this;
        }

        static String escaped(String text) {
            return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;");
        }

        @Override
        public String toString() {
            return html.toString();
        }
    }
}
