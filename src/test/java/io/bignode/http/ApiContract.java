package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** {@code openapi.yaml} as something that answers can be held against; remembers what was. */
final class ApiContract {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");
    private static final int DEEPEST = 40;
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private static final SchemaValidatorsConfig STRICT = SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    private final JsonNode document = read();
    private final Map<String, JsonNode> calls = new TreeMap<>();
    private final Set<String> seen = new TreeSet<>();

    ApiContract() {
        document.get("paths").properties().forEach(path -> path.getValue().properties().forEach(entry -> {
            if (METHODS.contains(entry.getKey())) calls.put(entry.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(), entry.getValue());
        }));
    }

    static JsonNode read() {
        try (InputStream in = ApiContract.class.getResourceAsStream("/openapi.yaml")) {
            return new YAMLMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every call that is documented, for instance {@code GET /health}. */
    Set<String> calls() {
        return calls.keySet();
    }

    /** Every documented call with one of its statuses, for instance {@code GET /health 200}. */
    Set<String> answers() {
        Set<String> answers = new TreeSet<>();
        calls.forEach((call, operation) -> operation.get("responses").fieldNames().forEachRemaining(status -> answers.add(call + " " + status)));
        return answers;
    }

    /** The documented answers that {@link #hold} saw. */
    Set<String> seen() {
        return seen;
    }

    /** Holds an answer against what is documented: its status, its headers, its type, and every field of its body. */
    void hold(String call, HttpResponse<String> answer) {
        String what = call + " " + answer.statusCode();
        assertThat(calls).as("documented calls").containsKey(call);
        JsonNode responses = calls.get(call).get("responses");
        assertThat(responses.has(Integer.toString(answer.statusCode()))).as("%s is not documented: %s", what, answer.body()).isTrue();
        JsonNode response = whole(responses.get(Integer.toString(answer.statusCode())));
        response.path("headers").properties().forEach(header -> {
            Optional<String> value = answer.headers().firstValue(header.getKey());
            assertThat(value).as("%s has the header %s", what, header.getKey()).isPresent();
            JsonNode schema = header.getValue().get("schema");
            JsonNode told = schema.path("type").asText().equals("integer") ? TestNode.JSON.getNodeFactory().numberNode(Long.parseLong(value.get()))
                    : TestNode.JSON.getNodeFactory().textNode(value.get());
            assertThat(faults(schema, told)).as("%s, header %s", what, header.getKey()).isEmpty();
        });
        String type = answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
        assertThat(response.path("content").has(type)).as("%s is documented with a body of type %s", what, type).isTrue();
        JsonNode schema = response.get("content").get(type).get("schema");
        if (type.endsWith("json")) {
            assertThat(schema).as("%s has a schema", what).isNotNull();
            assertThat(faults(strict(schema, false), TestNode.json(answer))).as("%s: %s", what, answer.body()).isEmpty();
        }
        seen.add(what);
    }

    /** What the documented schema of a call's request says against a body. */
    Set<ValidationMessage> faultsOfBody(String call, JsonNode body) {
        return faults(whole(calls.get(call).get("requestBody")).get("content").get("application/json").get("schema"), body);
    }

    /** Holds every example of the document against its schema; returns how many there are. */
    int examples() {
        return examples(document, "");
    }

    private int examples(JsonNode node, String path) {
        int held = 0;
        for (JsonNode example : node.path("examples")) {
            held += hold(path, node, example);
        }
        // Of a media type; text has an example and no structure.
        if (node.has("example") && !node.get("example").isTextual()) held += hold(path, node.get("schema"), node.get("example"));
        for (Map.Entry<String, JsonNode> part : node.properties()) held += examples(part.getValue(), path + "/" + part.getKey());
        return held;
    }

    private int hold(String path, JsonNode schema, JsonNode example) {
        assertThat(faults(strict(whole(schema), false), example)).as("%s: %s", path, example).isEmpty();
        return 1;
    }

    private static Set<ValidationMessage> faults(JsonNode schema, JsonNode value) {
        JsonSchema compiled = SCHEMAS.getSchema(schema, STRICT);
        return compiled.validate(value);
    }

    /** A node with everything it refers to in its place. */
    private JsonNode whole(JsonNode node) {
        return whole(node, 0);
    }

    private JsonNode whole(JsonNode node, int depth) {
        assertThat(depth).as("no schema contains itself").isLessThan(DEEPEST);
        if (node.isArray()) {
            ArrayNode copy = TestNode.JSON.createArrayNode();
            node.forEach(item -> copy.add(whole(item, depth + 1)));
            return copy;
        }
        if (!node.isObject()) return node;
        if (node.has("$ref")) {
            JsonNode meant = document.at(node.get("$ref").asText().substring(1));
            assertThat(meant.isMissingNode()).as("%s leads somewhere", node.get("$ref")).isFalse();
            return whole(meant, depth + 1);
        }
        ObjectNode copy = TestNode.JSON.createObjectNode();
        node.properties().forEach(entry -> copy.set(entry.getKey(), whole(entry.getValue(), depth + 1)));
        return copy;
    }

    /** A schema whose objects have no fields but those it names. Parts of a sum are left open, their sum is not. */
    private static JsonNode strict(JsonNode schema, boolean part) {
        if (schema.isArray()) {
            ArrayNode copy = TestNode.JSON.createArrayNode();
            schema.forEach(item -> copy.add(strict(item, true)));
            return copy;
        }
        if (!schema.isObject()) return schema;
        ObjectNode copy = TestNode.JSON.createObjectNode();
        schema.properties().forEach(entry -> {
            boolean named = entry.getKey().equals("properties");
            if (!named) {
                copy.set(entry.getKey(), strict(entry.getValue(), false));
                return;
            }
            ObjectNode fields = copy.putObject("properties");
            entry.getValue().properties().forEach(field -> fields.set(field.getKey(), strict(field.getValue(), false)));
        });
        boolean describesFields = schema.has("properties") || schema.has("allOf");
        if (describesFields && !part) copy.put("unevaluatedProperties", false);
        return copy;
    }
}
