package io.bignode.cli;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.config.TokenOrigin;
import io.bignode.log.LogLines;
import io.bignode.session.Alarms;
import io.bignode.session.StoreException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** What {@code bignode serve} does. It works without the command line's parser, whose classes would cost a restarted node a quarter of a second. */
public final class Serve {
    private final PrintWriter err;
    private final Map<String, String> environment;

    /**
     * Serves nobody yet.
     *
     * @param err         where people are told how to go on
     * @param environment the settings
     */
    Serve(PrintWriter err, Map<String, String> environment) {
        this.err = err;
        this.environment = environment;
    }

    /** Whether a command line asks to serve and for nothing else, help for instance. */
    public static boolean isAll(String[] args) {
        return args.length == 1 && args[0].equals("serve");
    }

    /** Serves until the process is told to stop; returns the exit code when it cannot. */
    public static int execute() {
        return execute(new PrintWriter(System.err, true), System.getenv());
    }

    /** Serves with these settings. */
    static int execute(PrintWriter err, Map<String, String> environment) {
        try {
            return new Serve(err, environment).run();
        } catch (Exception | Error failure) {
            // The whole process: whatever this is, it must not live on half started.
            return CommandException.explain(failure, err);
        }
    }

    /** With which the process ends once the node is closed. */
    private volatile int exitCode = ExitCode.OK;

    /** Serves; returns only when it cannot. */
    int run() throws InterruptedException {
        Settings settings = settings();
        Node node = node(settings, new Alarms(InstantSource.system()));
        try {
            node.serve();
        } catch (IllegalStateException unbound) {
            throw CommandException.environment(unbound.getMessage() + ": is another node running there? Choose another with DELEGATION_PORT.");
        }
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
            node.close();
            // A node that was told to stop and did so ended well, whatever the signal.
            Runtime.getRuntime().halt(exitCode);
        }));
        greet(settings, node.port());
        work(node);
        new CountDownLatch(1).await();
        return ExitCode.OK;
    }

    /** Small nodes are served meanwhile; a node that turns out to have nothing to compute with still ends, and tells why. */
    private void work(Node node) {
        try {
            node.work();
        } catch (CommandException unusable) {
            exitCode = unusable.exitCode();
            throw unusable;
        } catch (RuntimeException | Error broken) {
            exitCode = ExitCode.INTERNAL;
            throw broken;
        }
    }

    private Node node(Settings settings, Alarms alarms) throws InterruptedException {
        Gate gate = gate(settings, alarms);
        gate.start(); // a head may stand by for longer than a certificate lasts
        try {
            return new Node(settings, HeadStore.open(settings, alarms, gate.rules()), gate, alarms);
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

    private static Gate gate(Settings settings, Alarms alarms) {
        try {
            return new Gate(settings, alarms, InstantSource.system());
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    private void greet(Settings settings, int port) {
        switch (settings.tokenOrigin()) {
            case TokenOrigin.Environment() -> err.println("The token is the one in DELEGATION_AUTH_TOKEN.");
            case TokenOrigin.File(var path, boolean isNew) ->
                err.println("The token " + (isNew ? "was made and is kept" : "is kept") + " in " + path + ": small nodes need it.");
        }
        err.println("Watch it at " + page(settings, port) + " with the operator's token, "
                + settings.broker().tokenFile(settings.dataDir()).map(file -> "which is kept in " + file + ".").orElse("the one in DELEGATION_JOIN_TOKEN."));
        err.println("Try a session from another terminal:  ./bignode client examples/dev-net.json --for 20s" + reach(settings, port));
        err.flush();
    }

    /** Where a browser on this machine finds the dashboard. */
    private static String page(Settings settings, int port) {
        return settings.tls().isPresent() ? "https://NAME-IN-THE-CERTIFICATE:" + port + "/" : "http://localhost:" + port + "/";
    }

    /** What the client must be told to reach this node. */
    private static String reach(Settings settings, int port) {
        if (settings.tls().isPresent()) return " --url https://NAME-IN-THE-CERTIFICATE:" + port;
        return port == 9090 ? "" : " --url http://localhost:" + port;
    }
}
