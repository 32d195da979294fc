package io.bignode.node;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.PushSettings;
import io.bignode.config.Settings;
import io.bignode.config.TenantList;
import io.bignode.config.TenantToken;
import io.bignode.config.TokensFile;
import io.bignode.config.WatchedFiles;
import io.bignode.delivery.CallbackHosts;
import io.bignode.http.HttpRules;
import io.bignode.http.Tenants;
import io.bignode.monitor.Alarms;
import io.bignode.node.tls.ServerTls;
import io.bignode.node.tls.TrustedAuthorities;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/**
 * The settings that are read again while a head runs: who may come in, how this server proves who it is, and who may be called back. It follows the files
 * in which they stand.
 */
public final class LiveSettings implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LiveSettings.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final String TOKENS = "tokens-file";

    private final Settings settings;
    private final WatchedFiles<TenantList> tenants;
    private final Optional<ServerTls> tls;
    private final Supplier<SSLSocketFactory> callbackTls;
    private final List<Runnable> others = new CopyOnWriteArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread watcher = Thread.ofPlatform().name("live-settings").daemon().unstarted(this::watch);

    /**
     * The settings as the files are now.
     *
     * @throws InvalidSettingsException when one of them cannot be used
     */
    public LiveSettings(Settings settings, Alarms alarms, InstantSource clock) throws InvalidSettingsException {
        this.settings = settings;
        Optional<Path> file = settings.tokensFile();
        this.tenants = new WatchedFiles<>(file.stream().toList(), this::readTenants, alarm(alarms));
        this.tls = settings.tls().isEmpty() ? Optional.empty() : Optional.of(ServerTls.ofApi(settings.tls().get(), alarms, clock));
        this.callbackTls = callbackTls(settings.push().authority());
    }

    private static WatchedFiles.Observer alarm(Alarms alarms) {
        return new WatchedFiles.Observer() {
            @Override
            public void unusable(String message, String fix) {
                alarms.raise(TOKENS, message, fix);
            }

            @Override
            public void usable() {
                alarms.clear(TOKENS);
            }
        };
    }

    /** The JDK's own authorities are read when a callback needs them; a file that the operator named is read now, so that its faults are reported. */
    private static Supplier<SSLSocketFactory> callbackTls(Optional<Path> authority) throws InvalidSettingsException {
        if (authority.isEmpty()) return () -> (SSLSocketFactory) SSLSocketFactory.getDefault();
        SSLSocketFactory given = TrustedAuthorities.with(authority.get()).getSocketFactory();
        return () -> given;
    }

    /** Adds a check that is made as often as the files are looked at. */
    void follow(Runnable check) {
        others.add(check);
    }

    /** Looks at the files regularly from now on. */
    public void start() {
        watcher.start();
    }

    /** Where the server listens and what it allows. */
    public HttpRules rules() {
        HttpRules rules =
                HttpRules.of(settings.host(), settings.port(), settings.maxSessions()).wrongTokens(settings.wrongTokensPerMinute());
        return tls.map(it -> rules.tls(it.context())).orElse(rules);
    }

    /** The tenants' tokens, by the files as they are at the moment of the question. */
    Tenants tenants() {
        return token -> tenants.get().of(token).map(own -> new Tenants.Tenant(own.name(), own.maxSessions(), own.weight()));
    }

    /** Who may be called back. */
    CallbackHosts callbackHosts() {
        PushSettings push = settings.push();
        return new CallbackHosts() {
            @Override
            public boolean none() {
                return push.isOff();
            }

            @Override
            public boolean allows(String host, int port) {
                return push.allows(host, port);
            }

            @Override
            public boolean lists(InetAddress address, int port) {
                return push.lists(address, port);
            }
        };
    }

    /** Makes the sockets with which hosts are called back by https. */
    Supplier<SSLSocketFactory> callbackTls() {
        return callbackTls;
    }

    /** When clients stop to trust the API's certificate; empty without TLS. */
    Optional<Instant> certificateExpires() {
        return tls.map(ServerTls::expires);
    }

    /** Looks at the files once. */
    void check() {
        tenants.check();
        tls.ifPresent(ServerTls::check);
        others.forEach(Runnable::run);
    }

    @Override
    public void close() {
        closing.countDown();
    }

    private TenantList readTenants() throws InvalidSettingsException {
        Optional<Path> file = settings.tokensFile();
        List<TenantToken> lines = file.isPresent() ? TokensFile.read(file.get()) : List.of();
        if (file.isPresent() && TokensFile.readableByOthers(file.get())) {
            LOG.log(System.Logger.Level.WARNING, "other users can read {0}: chmod o-r ''{0}''", file.get());
        }
        return TenantList.of(settings.token(), settings.maxSessions(), lines);
    }

    private void watch() {
        try {
            while (!closing.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) check();
        } catch (InterruptedException e) {
            // only a process that ends interrupts this thread
        }
    }
}
