package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the files for Prometheus and Grafana promise; that their metrics exist is tested against a running node, in NodeMetricsTest. */
class MonitoringTest {
    private static JsonNode dashboard() throws IOException {
        return new ObjectMapper().readTree(MonitoringFiles.DASHBOARD.toFile());
    }

    private static List<JsonNode> alerts() throws IOException {
        return new YAMLMapper().readTree(MonitoringFiles.RULES.toFile()).at("/groups/0/rules").valueStream().toList();
    }

    /** An anchor as GitHub makes it of a heading. */
    private static String anchor(String heading) {
        return heading.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 -]", "").replace(' ', '-');
    }

    @Test
    void promtoolTakesRulesTheirTestsAndTheConfiguration() throws Exception {
        assertThat(Promtool.run(MonitoringFiles.RULES.getParent(), "check", "rules", "rules.yml")).isEmpty();
        assertThat(Promtool.run(MonitoringFiles.RULES.getParent(), "test", "rules", "rules_test.yml")).isEmpty();
        assertThat(Promtool.run(MonitoringFiles.RULES.getParent(), "check", "config", "--syntax-only", "prometheus.yml")).isEmpty();
    }

    @Test
    void everyAlertHasASeverityAndAPageOfTheRunbookThatExists() throws Exception {
        Set<String> anchors = Files.readAllLines(MonitoringFiles.PROJECT.resolve("docs/operations.md")).stream()
                .filter(line -> line.startsWith("#"))
                .map(MonitoringTest::anchor)
                .collect(Collectors.toSet());
        Set<String> names = new HashSet<>();
        for (JsonNode alert : alerts()) {
            String name = alert.get("alert").textValue();
            assertThat(names.add(name)).as(name).isTrue();
            assertThat(alert.at("/labels/severity").textValue()).as(name).isIn("warning", "critical");
            assertThat(alert.at("/annotations/summary").textValue()).as(name).endsWith(".");
            String[] page = alert.at("/annotations/runbook_url").textValue().split("#");
            assertThat(page[0]).as(name).isEqualTo("docs/operations.md");
            assertThat(anchors).as(name).contains(page[1]);
        }
        assertThat(names).hasSizeGreaterThan(15);
    }

    @Test
    void everyPanelAsksTheChosenDataSourceAndStandsOnItsOwnPlace() throws Exception {
        Set<String> places = new HashSet<>();
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : dashboard().get("panels")) {
            String title = panel.get("title").textValue();
            JsonNode at = panel.get("gridPos");
            assertThat(places.add(at.get("x") + "/" + at.get("y"))).as(title).isTrue();
            assertThat(at.get("x").intValue() + at.get("w").intValue()).as(title).isLessThanOrEqualTo(24);
            assertThat(ids.add(panel.get("id").intValue())).as(title).isTrue();
            if (panel.get("type").textValue().equals("row")) continue;
            assertThat(panel.at("/datasource/uid").textValue()).as(title).isEqualTo("${datasource}");
            assertThat(panel.get("targets")).as(title).isNotEmpty().allMatch(target -> target.at("/datasource/uid").textValue().equals("${datasource}"));
        }
        assertThat(dashboard().at("/templating/list/0/type").textValue()).isEqualTo("datasource");
    }

    @Test
    void promtoolTakesEveryExpressionOfTheDashboard() throws Exception {
        StringBuilder rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
        int count = 0;
        for (JsonNode panel : dashboard().get("panels")) {
            for (JsonNode target : panel.path("targets")) {
                String expression = target.get("expr").textValue().replace("$instance", "x").replace("$tenant", "x");
                rules.append("      - record: panel:").append((char) ('a' + count / 26)).append((char) ('a' + count++ % 26))
                        .append("\n        expr: >-\n          ").append(expression).append('\n');
            }
        }
        assertThat(count).isGreaterThan(30);
        var folder = Files.createTempDirectory("dashboard");
        Files.writeString(folder.resolve("panels.yml"), rules);
        try {
            assertThat(Promtool.run(folder, "check", "rules", "panels.yml")).isEmpty();
        } finally {
            Files.delete(folder.resolve("panels.yml"));
            Files.delete(folder);
        }
    }

    @Test
    void noFileHoldsAToken() throws Exception {
        String configuration = Files.readString(MonitoringFiles.RULES.resolveSibling("prometheus.yml"));

        assertThat(configuration).contains("credentials_file: /run/secrets/bignode-token").doesNotContainPattern("\\bcredentials:");
    }
}
