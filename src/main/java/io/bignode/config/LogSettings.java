package io.bignode.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the log is written. Read before everything else, so that the faults of all other settings are written in the chosen form.
 *
 * @param json an object a line instead of a text for people
 */
public record LogSettings(boolean json) {
    private static final Pattern PASSWORD = Pattern.compile("(?i)[?&;][a-z]*password=([^&;]+)");

    /** Reads them; a format that there is not is a fault. */
    static LogSettings read(EnvironmentReader reader) {
        String format = reader.textOrUsual(Setting.LOG_FORMAT);
        if (!format.equals("json") && !format.equals("text")) {
            reader.fault(Setting.LOG_FORMAT, "is " + EnvironmentReader.quoted(format) + "; it must be text or json");
        }
        return new LogSettings(format.equals("json"));
    }

    /**
     * Reads them, and takes text where there is a fault, which is reported with those of the other settings.
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
        for (Setting setting : Setting.values()) {
            if (setting.kind() == Setting.Kind.SECRET) reader.text(setting).ifPresent(secrets::add);
            if (setting.kind() != Setting.Kind.URL_WITH_SECRET) continue;
            Matcher password = PASSWORD.matcher(reader.text(setting).orElse(""));
            while (password.find()) secrets.add(password.group(1));
        }
        return secrets;
    }
}
