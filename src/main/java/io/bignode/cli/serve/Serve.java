package io.bignode.cli.serve;

import io.bignode.cli.operate.HeadAddress;
import io.bignode.cli.terminal.FailureReport;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.LogSettings;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.http.HttpServer;
import io.bignode.log.LogLines;
import io.bignode.monitor.Alarms;
import io.bignode.node.CommandException;
import io.bignode.node.EarlyPort;
import io.bignode.node.ExitCode;
import io.bignode.node.FileOwners;
import io.bignode.node.HeadStore;
import io.bignode.node.LiveSettings;
import io.bignode.node.NativeFolder;
import io.bignode.node.Node;
import io.bignode.node.ProgramVersion;
import io.bignode.node.StopHook;
import io.bignode.session.SessionStore.StoreException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** What {@code bignode serve} does. It works without the command line's parser, whose classes would cost a restarted node a quarter of a second. */
public final class Serve {
    private static final System.Logger LOG = System.getLogger(Serve.class.getName());

    private final PrintWriter err;
    private final Map<String, String> environment;
    private final EarlyPort port;
    private final EarlyPort mlNodes;

    /**
     * A node that serves nobody yet.
     *
     * @param err         where hints for people are printed
     * @param environment the settings
     * @param port        where to listen, if it was taken already
     * @param mlNodes     where to listen for calls of an ML node, likewise
     */
    Serve(PrintWriter err, Map<String, String> environment, EarlyPort port, EarlyPort mlNodes) {
        this.err = err;
        this.environment = environment;
        this.port = port;
        this.mlNodes = mlNodes;
    }

    /** Whether a command line asks to serve and for nothing else, help for instance. */
    public static boolean isAll(String[] args) {
        return args.length == 1 && args[0].equals("serve");
    }

    /** Serves at these ports until the process is stopped; returns the exit code when it cannot. */
    public static int execute(EarlyPort port, EarlyPort mlNodes) {
        return execute(new PrintWriter(System.err, true, System.err.charset()), System.getenv(), port, mlNodes);
    }

    /** Serves with these settings. */
    static int execute(PrintWriter err, Map<String, String> environment, EarlyPort port, EarlyPort mlNodes) {
        try {
            return new Serve(err, environment, port, mlNodes).run();
        } catch (Exception | Error failure) {
            // The whole process: whatever this is, it must not live on half started.
            return FailureReport.explain(failure, err, LogSettings.lenient(environment).json());
        }
    }

    /** Serves; returns only when it cannot. */
    int run() throws InterruptedException {
        StopHook stop = StopHook.register("the node takes no new sessions, answers the polls that wait, and lets its devices finish");
        Settings settings;
        Node node;
        try {
            Settings.dataFolder(environment).ifPresent(FileOwners::require); // before anything is made there
            settings = settings();
            starting(settings);
            advise(settings);
            node = node(settings, new Alarms(InstantSource.system()));
            stop.begin(node::serve, node::close);
        } catch (InterruptedException | RuntimeException | Error failed) {
            stop.remove();
            throw failed;
        }
        greet(settings, node);
        work(node, stop);
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    /** Small nodes are served meanwhile; a node that turns out to have nothing to compute with still ends, and tells why. */
    private static void work(Node node, StopHook stop) {
        try {
            node.work();
        } catch (CommandException unusable) {
            stop.endWith(unusable.exitCode());
            throw unusable;
        } catch (RuntimeException | Error broken) {
            stop.endWith(ExitCode.INTERNAL);
            throw broken;
        }
    }

    private Node node(Settings settings, Alarms alarms) throws InterruptedException {
        NativeFolder.use(settings.dataDir());
        LiveSettings live = live(settings, alarms);
        live.start(); // a head may stand by for longer than a certificate lasts
        HttpServer http = HttpServer.listen(
                live.rules(), port.channel(settings.host(), settings.port()),
                settings.mlNode().ownPort().map(own -> mlNodes.channel(settings.host(), own)));
        try {
            return new Node(settings, http, HeadStore.open(settings, alarms, http), live, alarms);
        } catch (StoreException unusable) {
            throw CommandException.environment(String.valueOf(unusable.getMessage()));
        }
    }

    private Settings settings() {
        try {
            Settings settings = Settings.load(environment);
            LogLines.conceal(List.of(settings.token().secret()));
            return settings;
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    /** Warnings about settings that can be used but are unusual. They are logged after the line that says what starts. */
    private void advise(Settings settings) {
        settings.token().weakness().ifPresent(weakness -> LOG.log(System.Logger.Level.WARNING, "WEAK TOKEN: " + Setting.AUTH_TOKEN + " {0}", weakness));
        SettingAdvice.of(settings, environment).forEach(odd -> LOG.log(System.Logger.Level.WARNING, "{0}", odd));
        SettingAdvice.ofCache(settings.poolsDir(), settings.dataDir(), settings.cacheBytes())
                .ifPresent(odd -> LOG.log(System.Logger.Level.WARNING, "{0}", odd));
    }

    private static LiveSettings live(Settings settings, Alarms alarms) {
        try {
            return new LiveSettings(settings, alarms, InstantSource.system());
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    /** Logs the settings that the node starts with, so that they can be found later. */
    private static void starting(Settings settings) {
        LOG.log(
                System.Logger.Level.INFO,
                "Big Node starts: version={0} data_dir={1} cache_dir={2} store={3} max_sessions={4,number,0} session_seconds={5,number,0}"
                        + " max_waiting={6,number,0}"
                        + " devices={7} margin={8,number,0.#########}",
                ProgramVersion.text(), settings.dataDir(), settings.cacheBytes() == 0 ? "none" : settings.poolsDir(),
                settings.postgresUrl().isPresent() ? "PostgreSQL" : "SQLite", settings.maxSessions(), settings.sessionLife().toSeconds(),
                settings.maxWaiting(), settings.devices().choice().text(), settings.devices().margin());
    }

    /** Tells people how to go on; where the log is read by machines, these lines are events of it. */
    private void greet(Settings settings, Node node) {
        boolean json = LogSettings.lenient(environment).json();
        String host = settings.tls().isPresent() ? "https://NAME-IN-THE-CERTIFICATE" : "http://" + HeadAddress.host(node.address());
        for (String line : greeting(settings, host + ":" + node.port())) {
            if (json) LOG.log(System.Logger.Level.INFO, "{0}", line);
            else err.println(line);
        }
        err.flush();
    }

    /**
     * The lines that tell people how to go on.
     *
     * @param url where a browser or a client on this machine reaches the node
     */
    private static List<String> greeting(Settings settings, String url) {
        String token = switch (settings.tokenOrigin()) {
            case Settings.TokenOrigin.Environment() -> "The token is the one in " + Setting.AUTH_TOKEN + ".";
            case Settings.TokenOrigin.File(var path, boolean isNew) ->
                "The token " + (isNew ? "was made and is kept" : "is kept") + " in " + path + ": small nodes need it.";
        };
        return List.of(
                token,
                "Watch it at " + url + "/ with the operator's token, "
                        + settings.broker().tokenFile(settings.dataDir()).map(file -> "which is kept in " + file + ".")
                                .orElse("the one in " + Setting.JOIN_TOKEN + "."),
                "Try a session from another terminal:  ./bignode client examples/dev-net.json --for 20s"
                        + (url.equals(HeadAddress.USUAL) ? "" : " --url " + url));
    }
}
