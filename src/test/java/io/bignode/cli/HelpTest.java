package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.cli.terminal.Manual;
import io.bignode.config.Setting;
import io.bignode.config.Setting.ReadBy;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

/** What every command says of itself. */
class HelpTest {
    private static String run(String... args) {
        StringWriter out = new StringWriter();
        assertThat(BigNodeCommand.commandLine().setOut(new PrintWriter(out)).execute(args)).isZero();
        return out.toString();
    }

    private static Stream<DynamicTest> ofEveryCommand(BiConsumer<String, CommandLine> test) {
        return BigNodeCommand.commandLine().getSubcommands().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> test.accept(entry.getKey(), entry.getValue())));
    }

    @TestFactory
    Stream<DynamicTest> everyCommandAndEachOfItsOptionsIsDescribed() {
        return ofEveryCommand((name, command) -> {
            assertThat(command.getCommandSpec().usageMessage().description()).isNotEmpty();
            for (ArgSpec argument : command.getCommandSpec().args()) {
                assertThat(String.join("", argument.description())).as(argument.toString()).isNotBlank();
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> theHelpOfEveryCommandTellsWhatItExitsWithAndHowItIsTyped() {
        return ofEveryCommand((name, command) -> {
            if (name.equals("help")) return; // it is what prints them
            String help = run("help", name);
            assertThat(help).contains("Exit codes:", "Examples:").isEqualTo(run(name, "--help"));
            assertThat(help.lines()).anyMatch(line -> line.contains("bignode " + name));
        });
    }

    @TestFactory
    Stream<DynamicTest> settingsThatAreLongHangBelowTheirDescription() {
        return Stream.of("serve", "worker", "agent").map(name -> DynamicTest.dynamicTest(name, () -> {
            List<String> settings = run("help", name).lines().dropWhile(line -> !line.startsWith("Settings, ")).skip(1).takeWhile(line -> !line.isBlank())
                    .toList();
            assertThat(settings).hasSizeGreaterThan(6).allMatch(line -> line.startsWith("  "))
                    .allMatch(line -> line.length() <= 80 || !line.strip().contains(" "));
        }));
    }

    @TestFactory
    Stream<DynamicTest> everySettingOfAProgramStandsInItsHelpAsPlainText() {
        Map<String, ReadBy> programs = Map.of("serve", ReadBy.HEAD, "worker", ReadBy.WORKER, "agent", ReadBy.AGENT);
        return programs.entrySet().stream().map(program -> DynamicTest.dynamicTest(program.getKey(), () -> {
            List<String> settings = run("help", program.getKey()).lines().dropWhile(line -> !line.startsWith("Settings, ")).skip(1)
                    .takeWhile(line -> !line.isBlank()).toList();
            List<String> names = settings.stream().filter(line -> line.matches("  \\S.*")).map(line -> line.strip().split(" ")[0]).toList();
            assertThat(names).containsExactlyElementsOf(Setting.of(program.getValue()).stream().map(Setting::variable).toList());
            assertThat(String.join(" ", settings)).doesNotContain("`", "](", ": see ");
        }));
    }

    @TestFactory
    Stream<DynamicTest> everyExampleCanBeTypedSo() {
        return Manual.EXAMPLES.values().stream().flatMap(List::stream).map(example -> DynamicTest.dynamicTest(example, () -> {
            String typed = example.replaceFirst("^.*?\\bbignode ", "").replaceFirst("[>)|].*", "").strip();
            assertThat(BigNodeCommand.commandLine().parseArgs(typed.split(" +")).hasSubcommand()).isTrue();
        }));
    }

    @Test
    void theCompletionIsAScriptThatKnowsEveryCommandAndOption() throws Exception {
        String script = run("completion");
        BigNodeCommand.commandLine().getSubcommands().forEach((name, command) -> {
            assertThat(script).contains(name);
            command.getCommandSpec().options().forEach(option -> Arrays.stream(option.names()).forEach(word -> assertThat(script).contains(word)));
        });
        Process bash = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        try (var in = bash.outputWriter()) {
            in.write(script);
        }
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(bash.exitValue()).as(said).isZero();
    }
}
