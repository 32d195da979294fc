package io.bignode.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/configuration.md has one row for each setting of the program, and no row for anything else that looks like one. */
class ConfigurationPageTest {
    /** A row of a table of settings: name, default, what it does, where it applies. */
    private static final Pattern ROW = Pattern.compile("\\| `([A-Z_]+)` \\| [^|]+ \\| [^|]+ \\| (head|worker|both) \\|");

    private static List<String> settingsWithARow() throws Exception {
        return Files.readAllLines(Path.of("docs/configuration.md")).stream()
                .flatMap(line -> ROW.matcher(line.replace("\\|", "/")).results().map(row -> row.group(1)))
                .toList();
    }

    @Test
    void everySettingHasItsRow() throws Exception {
        assertThat(settingsWithARow()).containsAll(SettingNames.OF_THE_PROGRAM);
    }

    @Test
    void noSettingHasTwoRowsAndNoRowIsOfAnythingElse() throws Exception {
        List<String> rows = settingsWithARow();
        assertThat(rows).doesNotHaveDuplicates();
        Set<String> ours = rows.stream().filter(name -> name.startsWith("DELEGATION_") || name.startsWith("BIGNODE_")).collect(Collectors.toSet());
        assertThat(ours).isEqualTo(SettingNames.OF_THE_PROGRAM);
    }
}
