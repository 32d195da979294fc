package io.bignode.session.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Brings a store's schema up to this version by the scripts in {@code db/}, in their order, each in a transaction that also writes its number.
 * A script is never changed once it was released. A statement of a script ends with a semicolon at the end of a line.
 */
final class Migrations {
    private static final List<String> SCRIPTS = List.of("001-sessions.sql", "002-waiting.sql", "003-uncomputed.sql", "004-relay.sql");

    private static final Pattern STATEMENT_END = Pattern.compile(";\\s*(\\n|$)");

    private Migrations() {}

    /** The schema version this build makes. */
    static int newest() {
        return SCRIPTS.size();
    }

    /**
     * Runs the scripts that did not run on this store yet.
     *
     * @throws StoreRefused when the store is of a version after this one
     */
    static void run(Database database, Connection writer) throws SQLException, StoreRefused {
        int version = version(database, writer);
        if (version > SCRIPTS.size() || version < 0) {
            throw new StoreRefused(database.name() + " has schema version " + version + ", this version of bignode knows " + SCRIPTS.size()
                    + " and cannot read it: start the version that wrote it, or restore the backup made before that one was started");
        }
        for (int next = version + 1; next <= SCRIPTS.size(); next++) {
            try (Statement statement = writer.createStatement()) {
                for (String sql : STATEMENT_END.splitAsStream(script(SCRIPTS.get(next - 1))).toList()) {
                    statement.execute(sql.replace("{bytes}", database.bytesType()));
                }
                statement.execute("UPDATE schema_version SET version = " + next);
            }
            writer.commit();
        }
    }

    private static int version(Database database, Connection writer) throws SQLException, StoreRefused {
        try (Statement statement = writer.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)");
            statement.execute("INSERT INTO schema_version (version) SELECT 0 WHERE NOT EXISTS (SELECT * FROM schema_version)");
            writer.commit();
            try (ResultSet result = statement.executeQuery("SELECT version FROM schema_version")) {
                if (!result.next()) throw new StoreRefused(database.name() + " does not tell its schema version; restore a backup");
                return result.getInt(1);
            }
        }
    }

    private static String script(String name) {
        try (InputStream in = Migrations.class.getResourceAsStream("/db/" + name)) {
            if (in == null) throw new IllegalStateException("this build lacks db/" + name);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^--.*\\n", "").strip();
        } catch (IOException e) {
            throw new IllegalStateException("db/" + name + " cannot be read", e);
        }
    }
}
