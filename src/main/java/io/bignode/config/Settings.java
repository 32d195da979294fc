package io.bignode.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a server, all of them usable.
 *
 * @param host        address to listen on
 * @param port        port to listen on; 0 takes any that is free
 * @param maxSessions how many sessions may run at once
 * @param sessionLife from a session's start until it expires
 * @param linger      how long a session of the deployed dialect is shown as active after its end
 * @param maxWaiting  how many sessions of each tenant may wait for their turn
 * @param token       what small nodes must show
 * @param tokenOrigin where the token came from
 * @param dataDir     this node's own folder
 * @param poolsDir    where generated weight pools are kept, shared by the nodes of a host
 * @param cacheBytes  how much of that folder may be used; 0 keeps no pools
 * @param store       where sessions are kept
 * @param devices     which devices compute, and how
 * @param tenants     who else may use this node
 * @param tls         the files with which the API is served over TLS; empty where it is not
 * @param push        where found batches may be pushed
 * @param broker      how workers on other hosts join
 * @param mlNode      whether this node answers an ML node's calls
 * @param vectors     how vectors are checked, and how many requests to validate others are taken
 */
public record Settings(
        String host,
        int port,
        int maxSessions,
        Duration sessionLife,
        Duration linger,
        int maxWaiting,
        Token token,
        TokenOrigin tokenOrigin,
        Path dataDir,
        Path poolsDir,
        long cacheBytes,
        StoreSettings store,
        DeviceSettings devices,
        TenantSettings tenants,
        Optional<TlsSettings> tls,
        PushSettings push,
        BrokerSettings broker,
        boolean mlNode,
        VectorSettings vectors) {

    /** Where the token came from, for the greeting and for doctor. */
    public sealed interface TokenOrigin {
        /** The operator set it in the environment. */
        record Environment() implements TokenOrigin {}

        /**
         * This node made it, now or at an earlier start.
         *
         * @param path  the file that keeps it
         * @param isNew whether it was made now
         */
        record File(Path path, boolean isNew) implements TokenOrigin {}
    }

    /**
     * Reads the settings; without a token it takes the one in the data folder, or makes one there.
     *
     * @param environment the process's environment variables
     * @throws InvalidSettingsException with every fault; nothing was made then
     */
    public static Settings load(Map<String, String> environment) throws InvalidSettingsException {
        return load(environment, TokenFile::readOrMake);
    }

    /**
     * Reads the settings as {@link #load} does, but makes nothing: where a server would make its token, there is one here that is kept nowhere.
     *
     * @param environment the process's environment variables
     * @throws InvalidSettingsException with every fault
     */
    public static Settings preview(Map<String, String> environment) throws InvalidSettingsException {
        return load(environment, _ -> Token.random());
    }

    /** Where a token comes from that is neither in the environment nor in its file. */
    @FunctionalInterface
    private interface NewToken {
        Token in(TokenFile file) throws InvalidSettingsException;
    }

    private static Settings load(Map<String, String> environment, NewToken newToken) throws InvalidSettingsException {
        EnvironmentReader reader = new EnvironmentReader(environment);
        String host = reader.host(Setting.HOST);
        int port = reader.integer(Setting.PORT);
        int maxSessions = reader.integer(Setting.MAX_SESSIONS);
        int seconds = reader.integer(Setting.SESSION_SECONDS);
        int linger = reader.integer(Setting.LINGER_SECONDS);
        int maxWaiting = reader.integer(Setting.MAX_WAITING);
        int cacheGib = reader.integer(Setting.CACHE_GIB);
        StoreSettings store = StoreSettings.read(reader);
        TenantSettings tenants = TenantSettings.read(reader);
        Optional<TlsSettings> tls = TlsSettings.read(reader);
        PushSettings push = PushSettings.read(reader);
        BrokerSettings broker = BrokerSettings.read(reader);
        broker.requireOwnPort(reader, host, port);
        boolean mlNode = reader.flag(Setting.MLNODE);
        VectorSettings vectors = VectorSettings.read(reader);
        LogSettings.read(reader); // for its faults alone: the log is written so since the process began
        Path dataDir = dataDir(reader);
        Path cache = cacheDir(reader, dataDir);
        DeviceSettings devices = DeviceSettings.read(reader, cache);
        boolean shortToken = reader.flag(Setting.ALLOW_SHORT_TOKEN);
        Optional<Token> given = givenToken(reader, shortToken);
        if (given.isPresent() && given.get().isShort()) tenants.requireLimitForShortToken(reader);
        TokenFile file = new TokenFile(dataDir);
        // Read before anything is made, so that a faulty token file is named together with the other faults.
        Optional<Token> kept = reader.text(Setting.AUTH_TOKEN).isPresent() ? Optional.empty() : keptToken(reader, file);
        Optional<Token> shown = given.or(() -> kept);
        broker.givenToken().ifPresent(join -> requireNobodyElses(join, shown, tenants, reader));
        reader.check();
        Token token = shown.isPresent() ? shown.get() : newToken.in(file);
        TokenOrigin origin =
                given.isPresent() ? new TokenOrigin.Environment() : new TokenOrigin.File(file.path(), kept.isEmpty());
        return new Settings(
                host,
                port,
                maxSessions,
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(linger),
                maxWaiting,
                token,
                origin,
                dataDir,
                cache.resolve("pools"),
                (long) cacheGib << 30,
                store,
                devices,
                tenants,
                tls,
                push,
                broker,
                mlNode,
                vectors);
    }

    /**
     * The token a client on this machine shows: the one in the environment, or the one a server made in its data folder.
     *
     * @param environment the process's environment variables
     * @return empty when there is neither
     * @throws InvalidSettingsException when there is one that cannot be used
     */
    public static Optional<Token> clientToken(Map<String, String> environment) throws InvalidSettingsException {
        EnvironmentReader reader = new EnvironmentReader(environment);
        Optional<Token> given = givenToken(reader, true); // which tokens are right is the node's affair
        reader.check();
        if (given.isPresent()) return given;
        Path dataDir = dataDir(reader);
        reader.check();
        return new TokenFile(dataDir).read();
    }

    /**
     * The token an operator on this machine shows: the join token in the environment, or the one a head keeps in its data folder.
     *
     * @param environment the process's environment variables
     * @return empty when there is neither
     * @throws InvalidSettingsException when there is one that cannot be used
     */
    public static Optional<Token> operatorToken(Map<String, String> environment) throws InvalidSettingsException {
        EnvironmentReader reader = new EnvironmentReader(environment);
        Optional<Token> given = BrokerSettings.token(reader, Setting.JOIN_TOKEN);
        Path dataDir = dataDir(reader);
        reader.check();
        return given.isPresent() ? given : new TokenFile(dataDir, BrokerSettings.TOKEN_FILE).read();
    }

    /** The PostgreSQL database that keeps the sessions, a URL which may hold a password; empty where a file in the data folder does. */
    public Optional<String> postgresUrl() {
        return store.postgresUrl();
    }

    /** The file with more tenants; empty where there is one tenant alone. */
    public Optional<Path> tokensFile() {
        return tenants.tokensFile();
    }

    /** How many wrong tokens a minute an address may send; 0 for no limit. */
    public int wrongTokensPerMinute() {
        return tenants.wrongTokensPerMinute();
    }

    /** Who holds the join token may drain workers and join as one: no small node may show the same. */
    private static void requireNobodyElses(Token join, Optional<Token> shown, TenantSettings tenants, EnvironmentReader reader) {
        String fix = ", so that small nodes could drain workers and join as one; set another: openssl rand -hex 32";
        if (shown.isPresent() && shown.get().matches(join.secret())) reader.fault(Setting.JOIN_TOKEN, "is the same as " + Setting.AUTH_TOKEN + fix);
        if (tenants.tokensFile().isEmpty() || !reader.clean()) return; // the faults of the file are reported already
        try {
            TenantToken.HexDigest digest = TenantToken.HexDigest.of(join);
            boolean known = TokensFile.read(tenants.tokensFile().get()).stream().anyMatch(tenant -> tenant.digest().equals(digest));
            if (known) reader.fault(Setting.JOIN_TOKEN, "is a tenant's in " + tenants.tokensFile().get() + fix);
        } catch (InvalidSettingsException changed) {
            reader.faults(changed);
        }
    }

    private static Optional<Token> givenToken(EnvironmentReader reader, boolean shortToo) {
        Optional<String> text = reader.text(Setting.AUTH_TOKEN);
        if (text.isEmpty()) return Optional.empty();
        Optional<String> refusal = Token.refusal(text.get(), shortToo);
        if (refusal.isEmpty()) return Optional.of(Token.ofAnyLength(text.get()));
        String otherwise = " (or leave it unset: one is made and kept in the data folder)";
        if (Token.refusal(text.get(), true).isEmpty()) {
            otherwise = "; if small nodes that have this one cannot be changed now, " + Setting.ALLOW_SHORT_TOKEN + "=true accepts it";
        }
        reader.fault(Setting.AUTH_TOKEN, refusal.get() + otherwise);
        return Optional.empty();
    }

    private static Optional<Token> keptToken(EnvironmentReader reader, TokenFile file) {
        try {
            return file.read();
        } catch (InvalidSettingsException e) {
            reader.faults(e);
            return Optional.empty();
        }
    }

    /** Where what can be made again is kept, shared by the nodes of a host where they share a cache folder. */
    static Path cacheDir(EnvironmentReader reader, Path dataDir) {
        return folder(reader, Setting.HF_HOME).map(cache -> cache.resolve("bignode")).orElse(dataDir.resolve("cache"));
    }

    /**
     * The data folder these settings name, which need not be there.
     *
     * @param environment the process's environment variables
     * @return empty where they name none that can be used
     */
    public static Optional<Path> dataFolder(Map<String, String> environment) {
        EnvironmentReader reader = new EnvironmentReader(environment);
        Path dataDir = dataDir(reader);
        return reader.clean() ? Optional.of(dataDir) : Optional.empty();
    }

    /** This node's own folder. */
    static Path dataDir(EnvironmentReader reader) {
        if (reader.text(Setting.DATA_DIR).isPresent()) return folder(reader, Setting.DATA_DIR).orElse(Path.of("/"));
        // The XDG base directory rules: a relative path there is to be ignored.
        Optional<Path> xdg = reader.text("XDG_DATA_HOME")
                .filter(text -> text.startsWith("/"))
                .flatMap(_ -> reader.path("XDG_DATA_HOME"));
        if (xdg.isPresent()) return xdg.get().resolve("bignode");
        Optional<Path> home = reader.path("HOME")
                .or(() -> Optional.ofNullable(System.getProperty("user.home"))
                        .filter(text -> text.startsWith("/"))
                        .map(Path::of));
        if (home.isEmpty())
            reader.fault(Setting.DATA_DIR, "is not set and there is no home folder; set it to a folder this node may write");
        return home.orElse(Path.of("/")).resolve(".local/share/bignode");
    }

    /** A folder, which need not exist yet; empty where the variable is missing or faulty. */
    static Optional<Path> folder(EnvironmentReader reader, Setting setting) {
        Optional<Path> path = reader.path(setting);
        if (path.isPresent() && Files.exists(path.get()) && !Files.isDirectory(path.get())) {
            reader.fault(
                    setting,
                    "is " + EnvironmentReader.quoted(path.get().toString())
                            + ", which is not a folder; name a folder, or a path that does not exist yet");
        }
        return path;
    }
}
