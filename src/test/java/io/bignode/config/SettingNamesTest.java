package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A setting that is mistyped is told of, and no name that is read anywhere is taken for a mistake. */
class SettingNamesTest {
    private static final Pattern NAME = Pattern.compile("\\b(?:DELEGATION|BIGNODE)_[A-Z0-9_]*[A-Z0-9]\\b");

    private static Set<String> namesIn(Path place) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.filter(Files::isRegularFile).filter(file -> !file.toString().endsWith(".png")).toList()) {
                Matcher matcher = NAME.matcher(Files.readString(file));
                while (matcher.find()) names.add(matcher.group());
            }
        }
        return names;
    }

    @Test
    void everyNameThatIsDocumentedOrUsedByAScriptIsDeclared() throws Exception {
        Set<String> seen = new TreeSet<>();
        for (String place : List.of("bignode", "deploy", "docs", "examples", "README.md", "Dockerfile")) seen.addAll(namesIn(Path.of(place)));
        assertThat(seen).hasSizeGreaterThan(40);
        assertThat(SettingNames.unknown(seen)).as("in a file, but no Setting").isEmpty();
    }

    /** Packages that do not know the settings name them in messages all the same, and a command's help is constant text. */
    @Test
    void everyNameInATextOfTheProgramIsDeclared() throws Exception {
        Set<String> seen = new TreeSet<>();
        Path classes = Path.of(Setting.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".class")).toList()) {
                for (PoolEntry entry : ClassFile.of().parse(file).constantPool()) {
                    if (entry instanceof Utf8Entry text) NAME.matcher(text.stringValue()).results().map(MatchResult::group).forEach(seen::add);
                }
            }
        }
        assertThat(seen).contains("DELEGATION_PORT", "DELEGATION_WORKER_NAME");
        assertThat(SettingNames.unknown(seen)).as("in the program, but no Setting").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "DELEGATION_AUTH_TOKN, DELEGATION_AUTH_TOKEN",
        "DELEGATION_MAX_SESSION, DELEGATION_MAX_SESSIONS",
        "delegation_port, DELEGATION_PORT",
        "DELEGATON_WORKER_PORT, DELEGATION_WORKER_PORT",
        "DELEGATION_WORKERS_PORT, DELEGATION_WORKER_PORT",
        "BIGNODE_JAVA_OPT, BIGNODE_JAVA_OPTS"
    })
    void aSlipIsAnsweredWithTheNameThatWasMeant(String typed, String meant) {
        assertThat(SettingNames.unknown(List.of(typed))).containsExactly(new SettingNames.Unknown(typed, Optional.of(meant)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PATH", "HOME", "HF_HOME", "JAVA_HOME", "BIGNODE_SERVICE_HOST", "BIGNODE_SERVICE_PORT_HTTP", "BIGNODE_PORT",
            "BIGNODE_PORT_9090_TCP_ADDR",
        "BIGNODE_WORKERS_SERVICE_PORT", "DELEGATION_PORT_9090_TCP"})
    void whatIsNotOursIsLeftAlone(String name) {
        assertThat(SettingNames.unknown(List.of(name))).isEmpty();
    }

    @Test
    void whatResemblesNothingIsToldToo() {
        SettingNames.Unknown unknown = SettingNames.unknown(List.of("DELEGATION_COFFEE_MACHINE")).getFirst();
        assertThat(unknown.meant()).isEmpty();
        assertThat(unknown.message()).isEqualTo("is no setting and changes nothing; bignode help serve lists the settings");
    }

    @ParameterizedTest
    @CsvSource({"kitten, sitting, 3", "same, same, 0", "'', abc, 3", "abc, '', 3", "flaw, lawn, 2"})
    void theDistanceIsLevenshteins(String from, String to, int distance) {
        assertThat(SettingNames.distance(from, to)).isEqualTo(distance);
    }
}
