package io.bignode.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Who may use this node besides the one whose token is {@code DELEGATION_AUTH_TOKEN}, and how many wrong tokens are put up with.
 *
 * @param tokensFile           the tenants' file; empty where there is one tenant alone
 * @param wrongTokensPerMinute how many wrong tokens a minute an address may send before it gets 429; 0 for no limit
 */
record TenantSettings(Optional<Path> tokensFile, int wrongTokensPerMinute) {
    /** With so many tries a minute an address guesses seven digits within 12 days. */
    private static final int MAX_WITH_SHORT_TOKEN = 600;

    /** Reads them, and the file for its faults. */
    static TenantSettings read(EnvironmentReader reader) {
        Optional<Path> file = reader.path(Setting.TOKENS_FILE);
        int wrong = reader.integer(Setting.WRONG_TOKENS);
        if (file.isPresent() && !Files.exists(file.get())) {
            reader.fault(Setting.TOKENS_FILE, "names " + EnvironmentReader.quoted(file.get().toString())
                    + ", which does not exist; make it with: bignode tenant NAME >> FILE");
        } else if (file.isPresent()) {
            try {
                TokensFile.read(file.get());
            } catch (InvalidSettingsException e) {
                reader.faults(e);
            }
        }
        return new TenantSettings(file, wrong);
    }

    /** A token short enough to be guessed needs the limit of wrong ones. */
    void requireLimitForShortToken(EnvironmentReader reader) {
        if (wrongTokensPerMinute >= 1 && wrongTokensPerMinute <= MAX_WITH_SHORT_TOKEN) return;
        reader.fault(Setting.WRONG_TOKENS, "is " + wrongTokensPerMinute + ", with which a " + Setting.AUTH_TOKEN
                + " as short as this one would soon be guessed; set it to a number from 1 to " + MAX_WITH_SHORT_TOKEN
                + ", or a token of 16 characters or more");
    }
}
