package io.bignode.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code bignode} itself: shows what there is. */
@Command(
        name = "bignode",
        mixinStandardHelpOptions = true,
        versionProvider = BigNodeCommand.Version.class,
        description = {"A delegation server for proof of compute: a small node starts a session, this node's devices compute its nonces, and the small"
                + " node polls the proof batches that were found."},
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ServeCommand.class,
            WorkerCommand.class,
            SessionsCommand.class,
            DevicesCommand.class,
            WorkersCommand.class,
            DrainCommand.class,
            AdmitCommand.class,
            ClientCommand.class,
            TenantCommand.class,
            ComputeCommand.class,
            FingerprintCommand.class,
            VerifyCommand.class,
            BenchCommand.class,
            DoctorCommand.class,
            CompletionCommand.class,
            CommandLine.HelpCommand.class
        },
        footerHeading = "%nExit codes: 0 ok, 1 a check failed, 2 usage, 3 environment, 4 internal.%n",
        footer = "Set BIGNODE_DEBUG=1 to see where an error arose.")
public final class BigNodeCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** Reads the version the jar was built with. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"bignode " + version() + ", Java " + Runtime.version()};
        }
    }

    /** The version the jar was built with. */
    static String version() {
        String version = BigNodeCommand.class.getPackage().getImplementationVersion();
        return version == null ? "(not from a jar)" : version;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    /** The command line with its error handling. */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new BigNodeCommand());
        line.setExecutionExceptionHandler((failure, failed, _) -> CommandException.explain(failure, failed.getErr()));
        Manual.complete(line);
        HeadAddress.complete(line, System.getenv());
        return line;
    }
}
