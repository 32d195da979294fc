package io.bignode.session.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A PostgreSQL server for the tests of this process, started when the first one needs it. */
public final class Postgres {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static EmbeddedPostgres server;
    private static String reason;

    private Postgres() {}

    /** The URL of a new database; skips the test where no server can be started here, and says why. */
    public static synchronized String database() throws SQLException {
        if (server == null && reason == null) {
            try {
                server = EmbeddedPostgres.builder().start();
                Runtime.getRuntime().addShutdownHook(new Thread(Postgres::stop));
            } catch (IOException | RuntimeException e) {
                reason = "no PostgreSQL server starts here: " + e;
                System.out.println("skipped: " + reason);
            }
        }
        Assumptions.assumeTrue(server != null, reason);
        String name = "bignode" + DATABASES.incrementAndGet();
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return server.getJdbcUrl("postgres", name);
    }

    private static void stop() {
        try {
            server.close();
        } catch (IOException e) {
            System.out.println("stopping PostgreSQL: " + e);
        }
    }
}
