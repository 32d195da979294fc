package io.bignode.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Reads deploy/prometheus, deploy/grafana and docs/metrics.md. */
public final class MonitoringFiles {
    static final Path PROJECT = Sandbox.project();
    static final Path RULES = PROJECT.resolve("deploy/prometheus/rules.yml");
    static final Path DASHBOARD = PROJECT.resolve("deploy/grafana/dashboards/bignode.json");
    private static final Pattern METRIC = Pattern.compile("\\b(?:bignode|jvm|process)_[a-z_]+\\b");

    private MonitoringFiles() {}

    /** Every metric that a panel or a variable of a dashboard asks for, without the suffixes of a histogram. */
    public static Set<String> metricsOfDashboards() throws IOException {
        return metrics(expressions(new ObjectMapper().readTree(DASHBOARD.toFile())));
    }

    /** Every metric that an alert or a recording rule asks for. */
    public static Set<String> metricsOfRules() throws IOException {
        return metrics(expressions(new YAMLMapper().readTree(RULES.toFile())));
    }

    /** Every metric that docs/metrics.md has a row for. */
    public static Set<String> metricsOfDocument() throws IOException {
        Set<String> names = new TreeSet<>();
        Pattern row = Pattern.compile("^\\| `([a-z_]+)` \\|");
        for (String line : Files.readAllLines(PROJECT.resolve("docs/metrics.md"))) row.matcher(line).results().forEach(one -> names.add(one.group(1)));
        return names;
    }

    static List<String> expressions(JsonNode document) {
        List<String> all = new ArrayList<>();
        for (String field : List.of("expr", "query", "definition")) {
            document.findValues(field).stream().filter(JsonNode::isTextual).map(JsonNode::textValue).forEach(all::add);
        }
        return all;
    }

    private static Set<String> metrics(List<String> expressions) {
        Set<String> names = new TreeSet<>();
        for (String expression : expressions) METRIC.matcher(expression).results().map(MatchResult::group).forEach(names::add);
        Set<String> bases = new TreeSet<>();
        for (String name : names) bases.add(name.replaceFirst("_(bucket|sum|count)$", ""));
        return bases;
    }
}
