package io.bignode.cli;

import io.bignode.cli.agent.AgentCommand;
import io.bignode.cli.bench.BenchCommand;
import io.bignode.cli.client.ClientCommand;
import io.bignode.cli.compute.ComputeCommand;
import io.bignode.cli.compute.FingerprintCommand;
import io.bignode.cli.compute.SelftestCommand;
import io.bignode.cli.compute.VerifyCommand;
import io.bignode.cli.doctor.DoctorCommand;
import io.bignode.cli.operate.BackupCommand;
import io.bignode.cli.operate.ChangeWorker;
import io.bignode.cli.operate.DevicesCommand;
import io.bignode.cli.operate.HeadAddress;
import io.bignode.cli.operate.NodeUrl;
import io.bignode.cli.operate.SessionsCommand;
import io.bignode.cli.operate.StatusCommand;
import io.bignode.cli.operate.TenantCommand;
import io.bignode.cli.operate.WorkersCommand;
import io.bignode.cli.rehearse.RehearseCommand;
import io.bignode.cli.serve.ServeCommand;
import io.bignode.cli.serve.WorkerCommand;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.FailureReport;
import io.bignode.cli.terminal.Manual;
import io.bignode.cli.terminal.WrongUsage;
import io.bignode.node.ProgramVersion;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code bignode} itself, which lists its commands. */
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
            AgentCommand.class,
            StatusCommand.class,
            SessionsCommand.class,
            DevicesCommand.class,
            WorkersCommand.class,
            ChangeWorker.Drain.class,
            ChangeWorker.Admit.class,
            ClientCommand.class,
            RehearseCommand.class,
            TenantCommand.class,
            BackupCommand.class,
            ComputeCommand.class,
            FingerprintCommand.class,
            VerifyCommand.class,
            BenchCommand.class,
            SelftestCommand.class,
            DoctorCommand.class,
            CompletionCommand.class,
            BigNodeCommand.VersionCommand.class,
            CommandLine.HelpCommand.class
        },
        footerHeading = "%nExit codes: 0 ok, 1 a check failed, 2 usage, 3 environment, 4 internal, 5 a GPU is lost for this process.%n",
        footer = "Set BIGNODE_DEBUG=1 to see where an error arose.")
public final class BigNodeCommand implements Runnable, CommandEnvironment {
    private final Map<String, String> environment;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** A command in an environment, which its subcommands ask for their settings. */
    private BigNodeCommand(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public Map<String, String> environment() {
        return environment;
    }

    /** Reads the version the jar was built with. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"bignode " + ProgramVersion.text() + ", Java " + Runtime.version()};
        }
    }

    /** {@code bignode version}. */
    @Command(name = "version", mixinStandardHelpOptions = true, description = "Prints this program's version and its Java's.")
    static final class VersionCommand implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init")
        private CommandSpec spec;

        @Override
        public void run() {
            spec.commandLine().getOut().println(new Version().getVersion()[0]);
            spec.commandLine().getOut().flush();
        }
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a command.");
    }

    /** The command line with its error handling, in this process' environment. */
    public static CommandLine commandLine() {
        return commandLine(System.getenv());
    }

    /** The command line in an environment. */
    public static CommandLine commandLine(Map<String, String> environment) {
        CommandLine line = new CommandLine(new BigNodeCommand(environment));
        line.registerConverter(URI.class, NodeUrl::parsed);
        line.setExecutionExceptionHandler((failure, failed, _) -> FailureReport.explain(failure, failed.getErr(), CommandEnvironment.writesJsonLog(failed)));
        line.setParameterExceptionHandler(WrongUsage::explain);
        Manual.complete(line);
        HeadAddress.complete(line, environment);
        return line;
    }
}
