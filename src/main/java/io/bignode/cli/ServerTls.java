package io.bignode.cli;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.ServerIdentity;
import io.bignode.config.TlsSettings;
import io.bignode.config.TokensFile;
import io.bignode.session.Alarms;
import java.net.Socket;
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
final class ServerTls {
    private static final System.Logger LOG = System.getLogger(ServerTls.class.getName());
    private static final Duration SOON = Duration.ofDays(14);
    private static final String FILES = "tls-files";
    private static final String SOON_EXPIRED = "tls-expires";
    private static final String EXPIRED = "tls-expired";
    private static final String FIX = "renew it and replace the files; they are read again by themselves";

    private final LiveFiles<ServerIdentity> files;
    private final InstantSource clock;
    private final Alarms alarms;
    private final SSLContext context;

    /**
     * TLS with the certificate that is in the files now.
     *
     * @throws InvalidSettingsException when it cannot be used
     */
    ServerTls(TlsSettings settings, Alarms alarms, InstantSource clock) throws InvalidSettingsException {
        this.files = new LiveFiles<>(
                FILES, List.of(settings.certificate(), settings.key()), () -> read(settings, clock.instant()), alarms);
        this.clock = clock;
        this.alarms = alarms;
        try {
            this.context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Keys()}, null, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    private static ServerIdentity read(TlsSettings settings, Instant now) throws InvalidSettingsException {
        if (TokensFile.readableByOthers(settings.key())) {
            LOG.log(System.Logger.Level.WARNING, "{0}, a private key, may be read by others; better: chmod o-r ''{0}''", settings.key());
        }
        return ServerIdentity.read(settings, now);
    }

    /** For the server's sockets. */
    SSLContext context() {
        return context;
    }

    /** When clients stop to trust the certificate. */
    Instant expires() {
        return files.get().expires();
    }

    /** Looks at the files and at the clock; to be called about once a second. */
    void check() {
        files.check();
        Instant expires = files.get().expires();
        Duration left = Duration.between(clock.instant(), expires);
        if (left.isNegative()) {
            alarms.raise(EXPIRED, "the API's certificate expired at " + expires + "; clients refuse it", FIX);
            alarms.clear(SOON_EXPIRED);
            return;
        }
        alarms.clear(EXPIRED);
        if (left.compareTo(SOON) < 0) {
            alarms.raise(SOON_EXPIRED, "the API's certificate expires at " + expires, FIX);
        } else {
            alarms.clear(SOON_EXPIRED);
        }
    }

    /** Asked twice in each handshake: a name is given to the identity of that moment, by which the key is asked for. */
    private final class Keys extends X509ExtendedKeyManager {
        private static final int KEPT = 4;

        private final Map<String, ServerIdentity> named = new ConcurrentHashMap<>();
        private long last;
        private @Nullable ServerIdentity newest;

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
