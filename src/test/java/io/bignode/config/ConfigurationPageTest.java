package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.config.Setting.ReadBy;
import io.bignode.config.Setting.Topic;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The pages tell the settings as they are declared. The tables of docs/configuration.md are made here, between two comments of the page. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("docs/configuration.md");
    private static final String BEGIN = "<!-- The tables are made of io.bignode.config.Setting: mvn test -Dtest=ConfigurationPageTest -Dsettings.page=write -->\n";
    private static final String END = "<!-- The end of the tables. -->\n";

    /** A row of a table of settings: name, default, what it does. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([A-Z_]+)`[^|]* \\| ([^|]+) \\| [^|]+ \\|$");

    private static String tables() {
        StringBuilder tables = new StringBuilder();
        for (Topic topic : Topic.values()) {
            if (topic == Topic.BESIDE) continue;
            tables.append("\n## ").append(topic.heading()).append("\n\n");
            if (topic == Topic.LAUNCHER) tables.append("`./bignode` and `bin/bignode` read these; the program does not.\n\n");
            if (topic == Topic.COMPOSE) tables.append("The scripts and files of [deploy/join](docker.md) read these; the program does not.\n\n");
            tables.append(table(Arrays.stream(Setting.values()).filter(setting -> setting.topic() == topic).toList()));
        }
        return tables.append('\n').toString();
    }

    private static String table(List<Setting> settings) {
        boolean ofTheProgram = settings.stream().allMatch(setting -> List.of(ReadBy.HEAD, ReadBy.WORKER, ReadBy.BOTH, ReadBy.AGENT).contains(setting.readBy()));
        StringBuilder rows = new StringBuilder("| setting | default | what it does |").append(ofTheProgram ? " read by |" : "").append("\n| --- | --- | --- |")
                .append(ofTheProgram ? " --- |" : "").append('\n');
        for (Setting setting : settings) {
            rows.append("| `").append(setting).append("` | ").append(setting.unset()).append(" | ").append(setting.help()).append(" |");
            if (ofTheProgram) rows.append(' ').append(setting.readBy().name().toLowerCase(Locale.ROOT)).append(" |");
            rows.append('\n');
        }
        return rows.toString();
    }

    @Test
    void thePagesTablesAreThoseOfTheDeclaration() throws Exception {
        String page = Files.readString(PAGE);
        assertThat(page).contains(BEGIN, END);
        String made = page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + tables() + page.substring(page.indexOf(END));
        if ("write".equals(System.getProperty("settings.page"))) Files.writeString(PAGE, made);
        assertThat(Files.readString(PAGE)).as("make the tables anew: mvn test -Dtest=ConfigurationPageTest -Dsettings.page=write").isEqualTo(made);
    }

    /** A sentence that also stands in a terminal, and in a table: no line breaks, no cells. */
    @Test
    void everySettingIsDescribedInWholeSentences() {
        for (Setting setting : Setting.values()) {
            assertThat(setting.help()).as(setting.variable()).matches("[A-Z0-9`](?s:.*)\\.").doesNotContain("|", "\n", "  ");
        }
        assertThat(Arrays.stream(Setting.values()).map(Setting::variable)).doesNotHaveDuplicates();
    }

    @Test
    void theSettingsOfTheReadmeHaveTheirDeclaredDefaults() throws Exception {
        Matcher row = ROW.matcher(Files.readString(Path.of("README.md")));
        int rows = 0;
        for (; row.find(); rows++) {
            String name = row.group(1);
            Setting setting = Arrays.stream(Setting.values()).filter(one -> one.variable().equals(name)).findFirst().orElseThrow();
            assertThat(row.group(2)).as(name).isEqualTo(setting.unset());
        }
        assertThat(rows).isEqualTo(8);
    }
}
