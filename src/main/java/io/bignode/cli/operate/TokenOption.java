package io.bignode.cli.operate;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.config.Token;
import io.bignode.node.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names a file with a small node's token, and the token that follows from it or from the environment. */
public final class TokenOption {
    private static final int MAX_TOKEN_BYTES = 4096;

    @Option(names = "--token-file", paramLabel = "FILE", description = "A file that holds the big node's token and nothing else.")
    private @Nullable Path tokenFile;

    /**
     * The token for a host: that of the file, that of the environment, or for this machine the one in the data folder. No other host is shown that one.
     *
     * @throws CommandException when there is one that cannot be used
     */
    public Optional<Token> find(String host, Map<String, String> environment) {
        try {
            if (tokenFile != null) return Optional.of(read(tokenFile));
            boolean given = !environment.getOrDefault(Setting.AUTH_TOKEN.variable(), "").isBlank();
            return given || isThisMachine(host) ? Settings.clientToken(environment) : Optional.empty();
        } catch (InvalidSettingsException e) {
            throw CommandException.environment(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The same where there must be one.
     *
     * @throws CommandException when there is none, or none that can be used
     */
    public Token require(String host, Map<String, String> environment) {
        return find(host, environment).orElseThrow(() -> CommandException.environment("there is no token for " + host
                + ": set " + Setting.AUTH_TOKEN + " to the big node's, or give a file that holds it with --token-file"));
    }

    private static boolean isThisMachine(String host) {
        return host.matches("localhost|127\\.[0-9.]+|\\[::1]");
    }

    private static Token read(Path file) {
        try {
            if (Files.isRegularFile(file) && Files.size(file) > MAX_TOKEN_BYTES) throw CommandException.usage(file + " is too large to hold a token");
            return Token.ofAnyLength(Files.readString(file).strip());
        } catch (IOException e) {
            throw CommandException.usage(file + " cannot be read: " + e.getClass().getSimpleName());
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("the token in " + file + " " + e.getMessage());
        }
    }
}
