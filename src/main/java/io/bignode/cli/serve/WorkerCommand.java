package io.bignode.cli.serve;

import io.bignode.broker.BrokerAccess;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.JoinSettings;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.log.LogLines;
import io.bignode.node.CommandException;
import io.bignode.node.Devices;
import io.bignode.node.ExitCode;
import io.bignode.node.FileOwners;
import io.bignode.node.HostDevices;
import io.bignode.node.JoinLog;
import io.bignode.node.NativeFolder;
import io.bignode.node.ProgramVersion;
import io.bignode.node.StopHook;
import io.bignode.node.WorkerName;
import io.bignode.node.WorkerState;
import io.bignode.node.tls.PinnedTls;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bignode worker}: this host's devices, working for a head on another host. */
@Command(
        name = "worker",
        mixinStandardHelpOptions = true,
        description = "Joins a head on another host and computes for it, until SIGTERM or Ctrl-C stops it. The worker connects outbound only, and connects"
                + " again whenever the connection is lost. With --join several times, each followed by its --fingerprint, it joins several heads and computes for"
                + " those that have work, in equal shares.")
public final class WorkerCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger(WorkerCommand.class.getName());

    /** Health checks take a worker for one that hangs when it did not renew its state for six times as long. */
    private static final Duration STATE_PERIOD = Duration.ofSeconds(5);

    private static final String THE_BROKER = "the broker";

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private JoinOptions options;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        StopHook stop = StopHook.register("the devices finish or drop their leases");
        try {
            start(stop);
        } catch (InterruptedException | RuntimeException | Error failed) {
            stop.remove();
            throw failed;
        }
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    private void start(StopHook stop) throws InterruptedException {
        Map<String, String> environment = CommandEnvironment.of(spec);
        Settings.dataFolder(environment).ifPresent(FileOwners::require); // before anything is made there
        JoinSettings settings = settings(environment);
        starting(settings);
        NativeFolder.use(settings.dataDir());
        SettingAdvice.ofWorker(settings.devices(), environment).forEach(odd -> LOG.log(System.Logger.Level.WARNING, "{0}", odd));
        SettingAdvice.ofCache(settings.poolsDir(), settings.dataDir(), settings.cacheBytes())
                .ifPresent(odd -> LOG.log(System.Logger.Level.WARNING, "{0}", odd));
        String name = settings.name().orElseGet(() -> WorkerName.in(settings.dataDir()));
        Devices devices = Devices.of(settings.devices());
        if (devices.engines().isEmpty() && settings.devices().backends().isEmpty()) {
            throw CommandException.usage(Setting.DEVICES + " is none and " + Setting.BACKENDS + " names no backend: a worker without devices has nothing to do");
        }
        WorkerState state = new WorkerState(settings.dataDir(), STATE_PERIOD);
        List<HostDevices.Head> heads = access(settings, name).entrySet().stream()
                .map(head -> new HostDevices.Head(head.getKey(), head.getValue(), new JoinLog(name, head.getKey(), state)))
                .toList();
        HostDevices host = new HostDevices(name, devices, settings.devices(), settings.poolsDir(), settings.cacheBytes(), heads);
        stop.begin(host::start, () -> {
            host.close();
            state.close();
        });
    }

    /** Logs the settings that the worker starts with, so that they can be found later. */
    private static void starting(JoinSettings settings) {
        LOG.log(
                System.Logger.Level.INFO, "Big Node worker starts: version={0} head={1} data_dir={2} cache_dir={3} devices={4} margin={5,number,0.#########}",
                ProgramVersion.text(), target(settings), settings.dataDir(), settings.cacheBytes() == 0 ? "none" : settings.poolsDir(),
                settings.devices().choice().text(), settings.devices().margin());
    }

    private JoinSettings settings(Map<String, String> environment) {
        try {
            JoinSettings settings = JoinSettings.load(options.over(environment));
            LogLines.conceal(settings.heads().stream().map(head -> head.token().secret()).toList());
            return settings;
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    /** How a worker of this name reaches its heads, each by what the log calls it. */
    public static Map<String, BrokerAccess> access(JoinSettings settings, String name) {
        if (settings.external().isPresent()) {
            var broker = settings.external().get();
            return Map.of(THE_BROKER, new BrokerAccess(new BrokerAccess.External(broker.url()), broker.user(), broker.password().secret()));
        }
        Map<String, BrokerAccess> heads = new LinkedHashMap<>();
        settings.heads().forEach(head -> heads.put(head.target().toString(), access(head, name)));
        return heads;
    }

    private static BrokerAccess access(JoinSettings.Head head, String name) {
        Optional<SSLContext> pinned = head.fingerprint().map(PinnedTls::context);
        SSLContext tls = pinned.orElseGet(WorkerCommand::trusted);
        BrokerAccess.Tls route = new BrokerAccess.Tls(head.target().host(), head.target().port(), tls, pinned.isEmpty());
        return new BrokerAccess(route, name, head.token().secret());
    }

    private static SSLContext trusted() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw CommandException.environment("this system's trusted certificates cannot be used: " + e.getMessage() + "; give --fingerprint instead");
        }
    }

    private static String target(JoinSettings settings) {
        if (settings.external().isPresent()) return THE_BROKER;
        return settings.heads().stream().map(head -> head.target().toString()).collect(Collectors.joining(","));
    }
}
