package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code openapi.yaml} as a document; what it says is held against the server by {@link ContractTest}. */
class OpenApiTest {
    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");

    @Test
    void theServerServesTheDocument() throws Exception {
        try (TestNode node = new TestNode()) {
            var response = node.get("//openapi", "");
            assertThat(response.headers().firstValue("Content-Type")).hasValue("application/yaml");
            assertThat(new YAMLMapper().readTree(response.body())).isEqualTo(ApiContract.read());
        }
    }

    @Test
    void theDocumentIsOneOfOpenApi31() throws Exception {
        assertThat(shape().validate(ApiContract.read())).isEmpty();
    }

    /** What YAML makes of an unquoted comma, of a field in the wrong place and of a missing one. */
    @Test
    void theShapeFindsWhatIsNone() throws Exception {
        ObjectNode slip = (ObjectNode) ApiContract.read();
        ((ObjectNode) slip.at("/components/schemas/Start/properties/message")).putNull("in their order");
        assertThat(shape().validate(slip)).isNotEmpty();
        ObjectNode misplaced = (ObjectNode) ApiContract.read();
        ((ObjectNode) misplaced.at("/paths/~1health/get")).putObject("content");
        assertThat(shape().validate(misplaced)).isNotEmpty();
        ObjectNode missing = (ObjectNode) ApiContract.read();
        ((ObjectNode) missing.at("/paths/~1health/get")).remove("responses");
        assertThat(shape().validate(missing)).isNotEmpty();
    }

    @Test
    void everyReferenceLeadsSomewhereAndNothingIsThereForNothing() {
        JsonNode document = ApiContract.read();
        Set<String> meant = new TreeSet<>(document.findValuesAsText("$ref"));
        for (String reference : meant) assertThat(document.at(reference.substring(1)).isMissingNode()).as(reference).isFalse();
        Set<String> there = new TreeSet<>();
        for (String kind : List.of("parameters", "responses", "schemas")) {
            document.get("components").get(kind).fieldNames().forEachRemaining(name -> there.add("#/components/" + kind + "/" + name));
        }
        assertThat(meant).isEqualTo(there);
    }

    @Test
    void everyParameterOfAPathIsDescribedAndNoOperationHasAnothersName() {
        Set<String> ids = new HashSet<>();
        ApiContract.read().get("paths").properties().forEach(path -> path.getValue().properties().forEach(entry -> {
            if (entry.getKey().equals("parameters")) return;
            assertThat(ids.add(entry.getValue().get("operationId").asText())).as("%s %s", entry.getKey(), path.getKey()).isTrue();
            String text = path.getValue().path("parameters").toString() + entry.getValue().path("parameters");
            PARAMETER.matcher(path.getKey()).results().forEach(parameter ->
                    assertThat(text.replace("SessionId", "session_id").replace("MlNodeToken", "token")).as(path.getKey()).contains(parameter.group(1)));
        }));
    }

    /** An example that its own schema refuses misleads whoever copies it. */
    @Test
    void everyExampleIsOneOfItsSchema() {
        ApiContract contract = new ApiContract();
        assertThat(contract.examples()).isGreaterThan(15);
    }

    @Test
    void theExampleOfAnOrderIsTheOneOfTheExamples() throws Exception {
        JsonNode order = ApiContract.read().at("/components/schemas/StartRequest/examples/0");
        assertThat(TestNode.JSON.writeValueAsString(order).replace("500000,", "500000.0,"))
                .isEqualTo(TestNode.JSON.readTree(Path.of("examples/dev-net.json").toFile()).toString());
    }

    private static JsonSchema shape() throws Exception {
        try (var in = OpenApiTest.class.getResourceAsStream("/http/openapi-shape.yaml")) {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(new YAMLMapper().readTree(in));
        }
    }
}
