package io.bignode;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Who may import whom. Every rule is held against the program, and against {@code io.bignode.planted}, classes of the tests that break each
 * rule once: a rule that cannot fail would not be one.
 */
class ImportRulesTest {
    private static final String PROGRAM = "io.bignode";
    private static final String PLANTED = "io.bignode.planted";

    /** A package of ours, and what it may import of ours besides itself and its subpackages without a row. */
    private record Row(String name, Set<String> imports) {
        static Row of(String name, String... imports) {
            return new Row(name, Set.of(imports));
        }
    }

    private static final List<Row> TABLE = List.of(
            Row.of("random"),
            Row.of("config"),
            Row.of("metrics"),
            Row.of("log"),
            Row.of("json"),
            Row.of("poc", "random", "json"),
            Row.of("engine", "poc", "random"),
            Row.of("protocol"),
            Row.of("monitor", "protocol"),
            Row.of("session", "monitor", "protocol"),
            Row.of("proof", "protocol", "json"),
            Row.of("proof.transformer", "proof", "protocol", "json", "engine", "poc", "random"),
            Row.of("proof.vllm", "proof", "protocol", "json"),
            Row.of("lease", "session", "monitor", "protocol", "proof"),
            Row.of("broker", "protocol"),
            Row.of("worker", "protocol", "proof"),
            Row.of("delivery", "session", "monitor", "protocol"),
            Row.of("http", "json"),
            Row.of("api", "http", "delivery", "session", "monitor", "protocol", "json", "proof"),
            Row.of("agent", "api", "http", "delivery", "session", "monitor", "protocol", "proof", "config"),
            Row.of("node.tls", "monitor", "config"),
            Row.of(
                    "node", "node.tls", "api", "http", "delivery", "lease", "session", "broker", "worker", "monitor", "protocol", "proof",
                    "proof.transformer", "proof.vllm", "engine", "poc", "random", "metrics", "log", "json", "config"));

    /** The package without a row: it may import everything. */
    private static final String COMMANDS = "cli";

    private static JavaClasses program;

    @BeforeAll
    static void readTheProgram() {
        program = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages(PROGRAM);
    }

    @TestFactory
    Stream<DynamicTest> theProgramHoldsEveryRule() {
        assertThat(program).isNotEmpty();
        return rules(PROGRAM).map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.allowEmptyShould(true).check(program)));
    }

    @TestFactory
    Stream<DynamicTest> everyRuleFindsThePlantedClassThatBreaksIt() {
        JavaClasses planted = new ClassFileImporter().importPackages(PLANTED);
        return rules(PLANTED)
                .map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> {
                    List<String> violations = rule.evaluate(planted).getFailureReport().getDetails();
                    assertThat(violations).isNotEmpty().allMatch(detail -> detail.contains("Breaks"), "names a class that is to break it");
                }));
    }

    @Test
    void everyPackageOfTheProgramHasItsRow() {
        Set<String> packages = new TreeSet<>();
        for (JavaClass type : program) {
            if (!type.getPackageName().equals(PROGRAM)) packages.add(type.getPackageName().substring(PROGRAM.length() + 1).split("\\.")[0]);
        }

        packages.remove(COMMANDS);
        assertThat(TABLE).extracting(Row::name).containsAll(packages);
    }

    private static Stream<ArchRule> rules(String root) {
        Stream<ArchRule> table = TABLE.stream().map(row -> holds(row, root));
        return Stream.concat(
                table,
                Stream.of(
                        onlyIn(root, "picocli", inPackage("picocli.."), "cli", "Main"),
                        onlyIn(root, "the progress bar", inPackage("me.tongfei.progressbar.."), "cli"),
                        onlyIn(root, "the command line", inPackage(root + ".cli.."), "cli", "Main"),
                        onlyIn(root, "the node", inPackage(root + ".node.."), "node", "node.tls", "cli", "Main"),
                        onlyIn(root, "the HTTP edge", inPackage(root + ".http.."), "http", "api", "agent", "node", "cli", "Main"),
                        onlyIn(root, "the API", inPackage(root + ".api.."), "api", "agent", "node"),
                        onlyIn(root, "an agent", inPackage(root + ".agent.."), "agent", "cli"),
                        onlyIn(root, "the transformer", inPackage(root + ".proof.transformer.."), "proof.transformer", "node", "cli", "Main"),
                        onlyIn(root, "vLLM's backends", inPackage(root + ".proof.vllm.."), "proof.vllm", "node", "cli", "Main"),
                        onlyIn(root, "SQL", inPackage("java.sql..", "javax.sql..", "org.sqlite..", "org.postgresql.."), "session.store"),
                        onlyIn(root, "the store", inPackage(root + ".session.store.."), "session.store", "node", "cli", "Main"),
                        onlyIn(root, "Prometheus", inPackage("io.prometheus.."), "metrics"),
                        onlyIn(root, "Jetty", inPackage("org.eclipse.jetty.."), "http"),
                        onlyIn(root, "Artemis", inPackage("org.apache.activemq.."), "broker"),
                        onlyIn(root, "OpenBLAS' artifact", inPackage("org.bytedeco.."), "engine.cpu"),
                        onlyIn(root, "java.lang.foreign's native calls", isNativeCall(), "engine.cpu", "engine.cuda"),
                        onlyIn(root, "java.lang.foreign", inPackage("java.lang.foreign"), "poc", "engine")));
    }

    private static ArchRule holds(Row row, String root) {
        String[] own = packages(root, Stream.of(row.name()));
        String[] allowed = packages(root, Stream.concat(Stream.of(row.name()), row.imports().stream()));
        DescribedPredicate<JavaClass> forbidden = inPackage(root + "..")
                .and(DescribedPredicate.not(inPackage(allowed)));
        return ArchRuleDefinition.noClasses()
                .that()
                .resideInAnyPackage(own)
                .should()
                .dependOnClassesThat(forbidden)
                .as(row.name() + " imports of ours " + described(row));
    }

    private static String described(Row row) {
        return (row.imports().isEmpty() ? "nothing" : String.join(", ", new TreeSet<>(row.imports()))) + " only";
    }

    /** Only the named packages, with their subpackages, and the named classes of the root use what is meant. */
    private static ArchRule onlyIn(String root, String what, DescribedPredicate<JavaClass> meant, String... users) {
        String[] packages = packages(root, Arrays.stream(users));
        Set<String> classes = Set.copyOf(Arrays.stream(users).map(name -> root + "." + name).toList());
        DescribedPredicate<JavaClass> user = inPackage(packages)
                .or(DescribedPredicate.describe("a class named", type -> classes.contains(outermost(type).getName())));
        return ArchRuleDefinition.noClasses()
                .that(DescribedPredicate.not(user))
                .should()
                .dependOnClassesThat(meant)
                .as(what + " is used in " + String.join(", ", users) + " only");
    }

    /** A package with all below it; one whose subpackages have rows of their own stands for itself. */
    private static String[] packages(String root, Stream<String> names) {
        return names.map(name -> root + "." + name + (TABLE.stream().anyMatch(row -> row.name().startsWith(name + ".")) ? "" : "..")).toArray(String[]::new);
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ImportRulesTest::outermost).orElse(type);
    }

    private static DescribedPredicate<JavaClass> inPackage(String... packages) {
        return JavaClass.Predicates.resideInAnyPackage(packages);
    }

    private static DescribedPredicate<JavaClass> isNativeCall() {
        return JavaClass.Predicates.belongToAnyOf(Linker.class, SymbolLookup.class, FunctionDescriptor.class);
    }
}
