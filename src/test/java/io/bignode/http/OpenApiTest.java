package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OpenApiTest {
    @Test
    void theDocumentNamesExactlyWhatTheServerAnswers() {
        String yaml;
        try (TestNode node = new TestNode()) {
            var response = node.get("//openapi", TestNode.TOKEN);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type")).hasValue("application/yaml");
            yaml = response.body();
        }
        Set<String> answered = TestNode.routes().stream()
                .map(route -> route.method() + " " + route.template())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(described(yaml)).isEqualTo(answered);
    }

    @Test
    void everyReferenceInTheDocumentLeadsSomewhere() throws Exception {
        String yaml =
                new String(OpenApi.class.getResourceAsStream("/openapi.yaml").readAllBytes(), StandardCharsets.UTF_8);
        Matcher references =
                Pattern.compile("\\$ref: \"#/components/(\\w+)/(\\w+)\"").matcher(yaml);
        int count = 0;
        while (references.find()) {
            assertThat(yaml)
                    .containsPattern("(?ms)^  " + references.group(1) + ":$.*?^    " + references.group(2) + ":");
            count++;
        }
        assertThat(count).isGreaterThan(40);
    }

    private static Set<String> described(String yaml) {
        Set<String> calls = new TreeSet<>();
        String path = "";
        for (String line : yaml.lines().toList()) {
            if (line.matches("  /\\S*:")) path = line.strip().replaceFirst(":$", "");
            if (line.matches("[a-z].*")) path = "";
            Matcher method = Pattern.compile("    (get|post|put|patch|delete):").matcher(line);
            if (!path.isEmpty() && method.matches()) calls.add(method.group(1).toUpperCase(Locale.ROOT) + " " + path);
        }
        return calls;
    }
}
