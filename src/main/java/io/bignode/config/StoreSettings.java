package io.bignode.config;

import java.util.Optional;

/**
 * Where sessions are kept.
 *
 * @param postgresUrl a URL {@code jdbc:postgresql://…}, which may hold a password; empty for a file in the data folder
 */
record StoreSettings(Optional<String> postgresUrl) {
    private static final String PREFIX = "jdbc:postgresql:";

    /** Reads them. The message about a faulty URL does not hold the URL. */
    static StoreSettings read(EnvironmentReader reader) {
        Optional<String> url = reader.text(Setting.DB_URL);
        if (url.isPresent() && !url.get().startsWith(PREFIX)) {
            reader.fault(Setting.DB_URL, "is no URL of a PostgreSQL database; write jdbc:postgresql://HOST/DATABASE?user=…&password=…,"
                    + " or leave it unset: sessions are then kept in the data folder");
        }
        return new StoreSettings(url);
    }

    /** Says which kind of database it is, not where: the URL may hold a password. */
    @Override
    public String toString() {
        return "StoreSettings[" + (postgresUrl.isPresent() ? "PostgreSQL" : "data folder") + "]";
    }
}
