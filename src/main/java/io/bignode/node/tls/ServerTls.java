package io.bignode.node.tls;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.ServerIdentity;
import io.bignode.config.TlsSettings;
import io.bignode.config.TokensFile;
import io.bignode.config.WatchedFiles;
import io.bignode.monitor.Alarms;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The API's TLS: each new connection is shown the certificate that is in the files by then; those that are open go on. Alarms tell when it
 * is about to expire, and when it did.
 */
public final class ServerTls {
    private static final System.Logger LOG = System.getLogger(ServerTls.class.getName());
    private static final Duration SOON = Duration.ofDays(14);

    /**
     * The use of a certificate.
     *
     * @param alarm what the keys of its alarms begin with
     * @param words how it is called in them
     * @param fix   what to do when it expires
     */
    private record Kind(String alarm, String words, String fix) {}

    private static final String RENEW = "renew it and replace the files; the node reads them again by itself";
    private static final Kind API = new Kind("tls", "the API's certificate", RENEW);
    private static final Kind WORKERS = new Kind(
            "worker-tls", "the head's certificate for workers", RENEW + "; workers that were given its fingerprint need the new one");

    private final Kind kind;
    private final WatchedFiles<ServerIdentity> files;
    private final InstantSource clock;
    private final Alarms alarms;
    private final SSLContext context;

    /**
     * The TLS of the API, with the certificate that is in the files now.
     *
     * @throws InvalidSettingsException when it cannot be used
     */
    public static ServerTls ofApi(TlsSettings settings, Alarms alarms, InstantSource clock) throws InvalidSettingsException {
        return new ServerTls(API, settings, alarms, clock);
    }

    /**
     * The TLS of the sockets that workers connect to, likewise.
     *
     * @throws InvalidSettingsException when it cannot be used
     */
    static ServerTls ofWorkers(TlsSettings settings, Alarms alarms, InstantSource clock) throws InvalidSettingsException {
        return new ServerTls(WORKERS, settings, alarms, clock);
    }

    private ServerTls(Kind kind, TlsSettings settings, Alarms alarms, InstantSource clock) throws InvalidSettingsException {
        this.kind = kind;
        List<Path> watched = List.of(settings.certificate(), settings.key());
        this.files = new WatchedFiles<>(watched, () -> read(settings, clock.instant()), new FileAlarm(kind.alarm() + "-files", alarms));
        this.clock = clock;
        this.alarms = alarms;
        try {
            this.context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Keys()}, null, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    /** The alarm of files that changed and cannot be used. */
    private record FileAlarm(String key, Alarms alarms) implements WatchedFiles.Observer {
        @Override
        public void unusable(String message, String fix) {
            alarms.raise(key, message, fix);
        }

        @Override
        public void usable() {
            alarms.clear(key);
        }
    }

    private static ServerIdentity read(TlsSettings settings, Instant now) throws InvalidSettingsException {
        if (TokensFile.readableByOthers(settings.key())) {
            LOG.log(System.Logger.Level.WARNING, "other users can read the private key {0}: chmod o-r ''{0}''", settings.key());
        }
        return ServerIdentity.read(settings, now);
    }

    /** The TLS context of the server's sockets. */
    public SSLContext context() {
        return context;
    }

    /** When the certificate expires. */
    public Instant expires() {
        return files.get().expires();
    }

    /** Looks at the files and at the clock; to be called about once a second. */
    public void check() {
        files.check();
        judge(kind, files.get().expires(), clock.instant(), alarms);
    }

    /** Looks at the clock for a worker certificate that does not come from the operator's files. */
    static void checkWorkers(Instant expires, Instant now, Alarms alarms) {
        judge(WORKERS, expires, now, alarms);
    }

    private static void judge(Kind kind, Instant expires, Instant now, Alarms alarms) {
        Duration left = Duration.between(now, expires);
        String soon = kind.alarm() + "-expires";
        String over = kind.alarm() + "-expired";
        if (left.isNegative()) {
            alarms.raise(over, kind.words() + " expired at " + expires + ", and clients that check it refuse it", kind.fix());
            alarms.clear(soon);
            return;
        }
        alarms.clear(over);
        if (left.compareTo(SOON) < 0) alarms.raise(soon, kind.words() + " expires at " + expires, kind.fix());
        else alarms.clear(soon);
    }

    /** The certificate that is shown now. */
    X509Certificate certificate() {
        return files.get().chain().getFirst();
    }

    /** Called twice in each handshake: first for an alias, then for the key of that alias. An alias therefore names one identity, also while it is replaced. */
    private final class Keys extends X509ExtendedKeyManager {
        private static final int KEPT = 4;

        private final Map<String, ServerIdentity> named = new ConcurrentHashMap<>();
        private long last;
        private @Nullable ServerIdentity newest;

        @SuppressWarnings("ReferenceEquality") // a certificate that is read again is another object, even where its contents are equal
        private synchronized @Nullable String choose(String keyType) {
            ServerIdentity identity = files.get();
            if (!identity.key().getAlgorithm().equals(keyType)) return null;
            if (identity != newest) {
                named.put("identity-" + ++last, identity);
                named.remove("identity-" + (last - KEPT));
                newest = identity;
            }
            return "identity-" + last;
        }

        @Override
        public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
            return choose(keyType);
        }

        @Override
        public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
            return choose(keyType);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            ServerIdentity identity = named.get(alias);
            return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            ServerIdentity identity = named.get(alias);
            return identity == null ? null : identity.key();
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            String alias = choose(keyType);
            return alias == null ? null : new String[] {alias};
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null; // this is a server
        }

        @Override
        public @Nullable String chooseClientAlias(String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
            return null; // this is a server
        }
    }
}
