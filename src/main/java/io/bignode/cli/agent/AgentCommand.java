package io.bignode.cli.agent;

import io.bignode.agent.Agent;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.config.AgentSettings;
import io.bignode.config.DataFolder;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Setting;
import io.bignode.config.SettingNames;
import io.bignode.http.HttpRules;
import io.bignode.http.HttpServer;
import io.bignode.log.LogLines;
import io.bignode.monitor.Alarms;
import io.bignode.node.CommandException;
import io.bignode.node.EarlyPort;
import io.bignode.node.ExitCode;
import io.bignode.node.FileOwners;
import io.bignode.node.NativeFolder;
import io.bignode.node.ProgramVersion;
import io.bignode.node.StopHook;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.proof.vllm.VectorFunction;
import io.bignode.session.SessionStore;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.store.SqlStore;
import io.bignode.session.store.StoreRefused;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bignode agent}: an ML node beside a decentralized-api, computed by a big node elsewhere. */
@Command(
        name = "agent",
        mixinStandardHelpOptions = true,
        description = "Poses as an ML node beside your decentralized-api and has a big node compute, until SIGTERM or Ctrl-C stops it. It connects outbound only.")
public final class AgentCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger(AgentCommand.class.getName());

    @Option(names = "--check", description = "Says whether a stage would work, and what to do where it would not, and ends.")
    private boolean check;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        AgentSettings settings = settings(CommandEnvironment.of(spec));
        LogLines.conceal(settings.bigNodes().stream().map(one -> one.token().secret()).toList());
        if (check) return AgentCheck.print(settings, spec.commandLine().getOut());
        StopHook stop = StopHook.register("what the big node computes goes on there, and is fetched after the next start");
        try {
            start(settings, stop);
        } catch (InterruptedException | RuntimeException | Error failed) {
            stop.remove();
            throw failed;
        }
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private static AgentSettings settings(Map<String, String> environment) {
        try {
            AgentSettings settings = AgentSettings.load(environment);
            SettingNames.unknown(environment.keySet())
                    .forEach(odd -> LOG.log(System.Logger.Level.WARNING, "{0}", odd.name() + " " + odd.message()));
            return settings;
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    private static void start(AgentSettings settings, StopHook stop) throws InterruptedException {
        LOG.log(System.Logger.Level.INFO, "Big Node agent starts: version={0} big_nodes={1} folder={2}", ProgramVersion.text(),
                settings.bigNodes().stream().map(one -> one.url().toString()).toList(), settings.folder());
        for (var one : settings.bigNodes()) {
            if (isOpen(one.url())) LOG.log(System.Logger.Level.WARNING, "{0} is called without TLS: whoever is on the way reads the token", one.url());
        }
        FileOwners.require(settings.folder());
        Optional<SSLContext> trust = AgentParts.trust(settings);
        HttpRules rules = HttpRules.of(settings.host(), settings.port(), 1);
        HttpServer http = HttpServer.listen(
                rules, EarlyPort.listen(settings.host(), settings.port(), Setting.AGENT_PORT),
                Optional.of(EarlyPort.listen(settings.host(), settings.inferencePort(), Setting.AGENT_INFERENCE_PORT)), trust);
        Alarms alarms = new Alarms(InstantSource.system());
        Agent agent = agent(settings, new Agent.Parts(
                new VectorFunction(), new TransformerFunction(), store(settings, alarms), AgentParts.bigNodes(settings, trust),
                AgentParts.callbackTls(settings), alarms), http);
        stop.begin(agent::start, agent::close);
    }

    private static Agent agent(AgentSettings settings, Agent.Parts parts, HttpServer http) {
        try {
            return new Agent(settings, parts, http);
        } catch (StoreException unusable) {
            throw CommandException.environment(String.valueOf(unusable.getMessage()));
        }
    }

    private static SessionStore store(AgentSettings settings, Alarms alarms) {
        try {
            DataFolder.make(settings.folder());
            NativeFolder.use(settings.folder());
            return SqlStore.inFolder(settings.folder(), alarms, AgentCommand::die);
        } catch (IOException refused) {
            throw CommandException.environment("the folder " + settings.folder() + " cannot be made; make it, or set " + Setting.DATA_DIR + " to another folder");
        } catch (StoreRefused refused) {
            throw CommandException.environment(refused.reason());
        }
    }

    /** Without its store the agent would look alive and keep nothing: its supervisor starts it anew. */
    private static void die(Thread thread, Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "thread " + thread.getName() + " failed, the process ends", failure);
            LogLines.close();
        } finally {
            Runtime.getRuntime().halt(ExitCode.INTERNAL); // also where the log cannot be written
        }
    }

    /** Whether the token would cross a network unprotected. */
    static boolean isOpen(URI bigNode) {
        return "http".equalsIgnoreCase(bigNode.getScheme()) && !bigNode.getHost().matches("localhost|127\\.[0-9.]+|\\[::1]");
    }
}
