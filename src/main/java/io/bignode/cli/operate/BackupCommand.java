package io.bignode.cli.operate;

import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import io.bignode.node.NativeFolder;
import io.bignode.session.store.StoreBackup;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode backup}: a whole copy of the store, of a node that runs or of one that does not. */
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = {
            "Copies the sessions of this machine's node, and what was found in them, to a file, whether the node runs or not.",
            "A file that exists already is never overwritten. Sessions in PostgreSQL are copied with pg_dump."
        },
        footerHeading = "%nThe node's folder is the one that DELEGATION_DATA_DIR names.%n")
public final class BackupCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The file to write; it must not exist yet. To restore, copy it to sessions.db in a data folder.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Override
    public Integer call() {
        Map<String, String> environment = CommandEnvironment.of(spec);
        if (!environment.getOrDefault(Setting.DB_URL.variable(), "").isBlank()) {
            throw CommandException.usage(Setting.DB_URL + " is set: the sessions are in PostgreSQL, copy them with pg_dump");
        }
        Path folder = Settings.dataFolder(environment)
                .orElseThrow(() -> CommandException.usage(Setting.DATA_DIR + " names no folder: set it to the node's own"));
        NativeFolder.useForCommand(Optional.of(folder));
        StoreBackup.Outcome outcome = StoreBackup.make(folder, file.toAbsolutePath());
        return switch (outcome) {
            case StoreBackup.Outcome.Made(long bytes) -> {
                spec.commandLine().getOut().printf(Locale.ROOT, "%s: %,d bytes%n", file, bytes);
                spec.commandLine().getOut().flush();
                yield ExitCode.OK;
            }
            case StoreBackup.Outcome.Refused(String why) -> throw CommandException.environment(why);
        };
    }
}
