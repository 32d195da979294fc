package io.bignode.cli.doctor;

import io.bignode.broker.BrokerAccess;
import io.bignode.broker.BrokerProbe;
import io.bignode.cli.operate.HeadAddress;
import io.bignode.cli.terminal.Documents;
import io.bignode.cli.terminal.Finding;
import io.bignode.config.BrokerSettings;
import io.bignode.config.ExternalBroker;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.config.TlsSettings;
import io.bignode.node.FileOwners;
import io.bignode.node.FolderFault;
import io.bignode.session.store.StoreInspection;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Doctor's checks of what a server needs: its folders, its token, its port. */
final class ServerChecks {
    /** What a node writes beside weight pools: state, kernels, a log or two. */
    private static final long DATA_BYTES = 1L << 30;

    private static final Duration ANSWER_TIME = Duration.ofSeconds(3);

    private static final String OURS = "a node that serves";

    private ServerChecks() {}

    /** Runs the checks. */
    static List<Finding> run(Settings settings) {
        Finding port = port(settings.host(), settings.port(), settings.tls());
        List<Finding> findings = new ArrayList<>(List.of(
                data(settings.dataDir(), FileOwners.own()),
                cache(settings),
                store(settings),
                token(settings),
                port,
                broker(settings, port)));
        settings.mlNode().ownPort().ifPresent(own -> findings.add(mlNodePort(settings.host(), own, port)));
        return findings;
    }

    private static Finding data(Path folder, String user) {
        Optional<String> refusal = new FileOwners().refusal(folder, user);
        return refusal.map(why -> Finding.fail("data", why)).orElseGet(() -> folder("data", Setting.DATA_DIR.variable(), folder, DATA_BYTES));
    }

    private static Finding store(Settings settings) {
        StoreInspection.Seen seen = settings.postgresUrl().map(StoreInspection::inPostgres).orElseGet(() -> StoreInspection.inFolder(settings.dataDir()));
        return switch (seen) {
            case StoreInspection.Seen.Absent() -> Finding.ok("store", "there is no store yet; the first start creates it");
            case StoreInspection.Seen.Well(String message) -> Finding.ok("store", message);
            case StoreInspection.Seen.Ill(String message, String fix) -> Finding.fail("store", message + ": " + fix);
            case StoreInspection.Seen.Unseen(String message, String fix) -> Finding.fail("store", "the store was not checked, because " + message + ": " + fix);
        };
    }

    private static Finding broker(Settings settings, Finding apiPort) {
        BrokerSettings broker = settings.broker();
        if (broker.external().isPresent()) {
            ExternalBroker external = broker.external().get();
            BrokerAccess access = new BrokerAccess(new BrokerAccess.External(external.url()), external.user(), external.password().secret());
            return BrokerProbe.refusal(access)
                    .map(why -> Finding.fail("broker", "the external broker at " + Setting.BROKER_URL + " accepts nobody, " + why
                            + ": check that it runs and that " + Setting.BROKER_USER + " and " + Setting.BROKER_PASSWORD + " are right"))
                    .orElseGet(() -> Finding.ok("broker", "the external broker at " + Setting.BROKER_URL + " accepts user " + external.user()));
        }
        if (broker.port().isEmpty()) {
            return Finding.ok("broker", "the built-in broker serves this host's devices alone, because " + Setting.WORKER_PORT + " is not set");
        }
        try {
            bind(broker.host(), broker.port().get());
            boolean any = broker.port().get() == 0;
            return Finding.ok("broker", any ? "workers connect to any free port" : "the port for workers, " + broker.port().get() + ", is free");
        } catch (IOException taken) {
            if (isOurs(apiPort)) return Finding.ok("broker", "the port for workers, " + broker.port().get() + ", is in use by the node that runs here");
            return Finding.fail("broker", "the node cannot listen for workers on port " + broker.port().get() + " of " + broker.host()
                    + " (" + taken.getMessage() + "): end the program that listens there, or set " + Setting.WORKER_PORT + " or " + Setting.WORKER_HOST);
        }
    }

    private static Finding mlNodePort(String host, int port, Finding apiPort) {
        try {
            bind(host, port);
            return Finding.ok("mlnode", port == 0 ? "an ML node's calls come to any free port" : "the port for an ML node's calls, " + port + ", is free");
        } catch (IOException taken) {
            if (isOurs(apiPort)) return Finding.ok("mlnode", "the port for an ML node's calls, " + port + ", is in use by the node that runs here");
            return Finding.fail("mlnode", "the node cannot listen for an ML node's calls on port " + port + " of " + host + " (" + taken.getMessage()
                    + "): end the program that listens there, or set " + Setting.MLNODE_PORT);
        }
    }

    private static boolean isOurs(Finding apiPort) {
        return apiPort.verdict() == Finding.Verdict.OK && apiPort.message().contains(OURS);
    }

    private static void bind(String host, int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            // As a server does: connections of one that has just ended are no hindrance.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
        }
    }

    private static Finding cache(Settings settings) {
        if (settings.cacheBytes() == 0) {
            return Finding.ok("cache", "no weight pools are kept, because " + Setting.CACHE_GIB + " is 0; a restart generates them again");
        }
        return folder("cache", Setting.HF_HOME + " or " + Setting.CACHE_GIB, settings.poolsDir(), settings.cacheBytes());
    }

    /** Judges a folder, which need not be there yet: can it be made and written, and has it room. */
    static Finding folder(String check, String setting, Path folder, long wantedBytes) {
        Path existing = folder;
        while (!Files.exists(existing) && existing.getParent() != null) existing = existing.getParent();
        if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
            String why = Files.isDirectory(existing) ? "this user may not write to " + existing : existing + " is no folder";
            return Finding.fail(check, folder + " cannot be written, because " + why + ": give it to user " + System.getProperty("user.name")
                    + ", or set " + setting);
        }
        try {
            if (!existing.equals(folder) && FolderFault.keepsNothing(existing)) {
                return Finding.fail(check, folder + " cannot be created in " + existing + ", where no folder can be created: set " + setting);
            }
            long free = existing.toFile().getUsableSpace(); // there may be no file store: see keepsNothing
            // What the folder's own files take, it may overwrite.
            long room = free + sizeOf(folder);
            String where = String.format(Locale.ROOT, "%s%s, %.1f GiB free", folder, existing.equals(folder) ? "" : " (will be made)", HostChecks.gib(free));
            if (room >= wantedBytes) return Finding.ok(check, where);
            String wanted = String.format(Locale.ROOT, ", and the node may use up to %.1f GiB: make room, or set %s", HostChecks.gib(wantedBytes), setting);
            return Finding.warn(check, where + wanted);
        } catch (IOException broken) {
            return Finding.fail(check, folder + " cannot be checked: " + broken.getMessage());
        }
    }

    private static long sizeOf(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return 0;
        long bytes = 0;
        try (var files = Files.newDirectoryStream(folder, Files::isRegularFile)) {
            for (Path file : files) bytes += Files.size(file);
        }
        return bytes;
    }

    private static Finding token(Settings settings) {
        Optional<String> weakness = settings.token().weakness();
        if (weakness.isPresent()) return Finding.warn("token", Setting.AUTH_TOKEN + " " + weakness.get());
        return switch (settings.tokenOrigin()) {
            case Settings.TokenOrigin.Environment() -> Finding.ok("token", "the token is the one in " + Setting.AUTH_TOKEN);
            case Settings.TokenOrigin.File(Path path, boolean isNew) ->
                Finding.ok("token", isNew ? "the first start creates the token and keeps it in " + path : "the token is kept in " + path);
        };
    }

    private static Finding port(String host, int port, Optional<TlsSettings> tls) {
        try {
            bind(host, port);
            return Finding.ok("port", port == 0 ? "the node takes any free port of " + host : "port " + port + " of " + host + " is free");
        } catch (UnknownHostException unknown) {
            return Finding.fail("port", Setting.HOST + " is " + host + ", which is not an address of this machine: set it to " + Setting.HOST.usual()
                    + " or to one of its addresses");
        } catch (BindException refused) {
            if (port != 0 && nodeAnswers(host, port, tls)) return Finding.ok("port", "port " + port + " of " + host + " is in use by " + OURS);
            return Finding.fail("port", "the node cannot listen on port " + port + " of " + host + " (" + refused.getMessage()
                    + "): end the program that listens there, or set " + Setting.PORT + " or " + Setting.HOST);
        } catch (IOException broken) {
            return Finding.fail("port", "the node cannot listen on port " + port + " of " + host + ": " + broken.getMessage());
        }
    }

    /** Whether a big node listens there, with devices or without: a doctor called beside a running node must not call it a fault. */
    private static boolean nodeAnswers(String host, int port, Optional<TlsSettings> tls) {
        HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ANSWER_TIME);
        try {
            // One that renewed its certificate shows the new one, which is the one in the file.
            if (tls.isPresent()) builder.sslContext(HeadAddress.trusting(tls.get().certificate()));
        } catch (InvalidSettingsException unreadable) {
            return false; // told as a fault of the settings
        }
        try (HttpClient http = builder.build()) {
            InetAddress address = InetAddress.getByName(host);
            String name = (address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address).getHostAddress();
            URI health = URI.create((tls.isPresent() ? "https://" : "http://") + (name.contains(":") ? "[" + name + "]" : name) + ":" + port + "/health/live");
            var answer = http.send(HttpRequest.newBuilder(health).timeout(ANSWER_TIME).build(), BodyHandlers.ofString());
            return answer.statusCode() == 200 && Documents.json().readTree(answer.body()).path("status").asText().equals("live");
        } catch (IOException silent) {
            return false;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
