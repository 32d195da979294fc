package io.bignode.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the log is written. Read before everything else, so that the faults of all other settings are told in the form that is asked for.
 *
 * @param json an object a line instead of a text for people
 */
public record LogSettings(boolean json) {
    private static final String FORMAT = "DELEGATION_LOG_FORMAT";
    private static final List<String> SECRETS = List.of("DELEGATION_AUTH_TOKEN", "DELEGATION_JOIN_TOKEN", "DELEGATION_BROKER_PASSWORD");
    private static final List<String> URLS = List.of("DELEGATION_DB_URL", "DELEGATION_BROKER_URL");
    private static final Pattern PASSWORD = Pattern.compile("(?i)[?&;][a-z]*password=([^&;]+)");

    /** Reads them; a format that there is not is a fault. */
    static LogSettings read(EnvironmentReader reader) {
        Optional<String> format = reader.text(FORMAT);
        if (format.isPresent() && !format.get().equals("json") && !format.get().equals("text")) {
            reader.fault(FORMAT, "is " + EnvironmentReader.quoted(format.get()) + "; it must be text or json");
        }
        return new LogSettings(format.equals(Optional.of("json")));
    }

    /**
     * Reads them, and takes text where there is a fault, which is told with those of the other settings.
     *
     * @param environment the process's environment variables
     */
    public static LogSettings lenient(Map<String, String> environment) {
        return read(new EnvironmentReader(environment));
    }

    /**
     * What in the environment must not be written to the log.
     *
     * @param environment the process's environment variables
     */
    public static List<String> secrets(Map<String, String> environment) {
        EnvironmentReader reader = new EnvironmentReader(environment);
        List<String> secrets = new ArrayList<>();
        for (String name : SECRETS) reader.text(name).ifPresent(secrets::add);
        for (String name : URLS) {
            Matcher password = PASSWORD.matcher(reader.text(name).orElse(""));
            while (password.find()) secrets.add(password.group(1));
        }
        return secrets;
    }
}
