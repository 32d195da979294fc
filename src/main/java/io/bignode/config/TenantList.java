package io.bignode.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Every token that is right.
 *
 * @param tokens the tokens, no two alike
 */
public record TenantList(List<TenantToken> tokens) {
    /** The tenant of {@code DELEGATION_AUTH_TOKEN}. */
    public static final String DEFAULT = "default";

    /** Copies the list. */
    public TenantList {
        tokens = List.copyOf(tokens);
    }

    /**
     * The default tenant, and those of a file. Where the file has a tenant of the default one's name, it is the same tenant, and the file's
     * numbers hold.
     *
     * @param maxSessions how many sessions the default tenant may run
     * @param file        the file's lines; empty where there is no file
     * @throws InvalidSettingsException when the default tenant's token is another one's too
     */
    public static TenantList of(Token token, int maxSessions, List<TenantToken> file) throws InvalidSettingsException {
        TenantToken.HexDigest digest = TenantToken.HexDigest.of(token);
        Optional<TenantToken> taken = file.stream().filter(line -> line.digest().equals(digest) && !line.name().equals(DEFAULT)).findFirst();
        if (taken.isPresent()) {
            String message = "is also the token of tenant " + taken.get().name() + " in the tokens file; every token is one tenant's";
            throw new InvalidSettingsException(Setting.AUTH_TOKEN.variable(), message);
        }
        TenantToken own = file.stream()
                .filter(line -> line.name().equals(DEFAULT))
                .findFirst()
                .map(line -> new TenantToken(DEFAULT, digest, line.maxSessions(), line.weight()))
                .orElse(new TenantToken(DEFAULT, digest, maxSessions, 1));
        List<TenantToken> others = file.stream().filter(line -> !line.digest().equals(digest)).toList();
        return new TenantList(Stream.concat(Stream.of(own), others.stream()).toList());
    }

    /**
     * Whose token a text is. The time taken depends on how many tokens there are, not on which is right nor on how much of it is.
     *
     * @return empty when it is nobody's
     */
    public Optional<TenantToken> of(String presented) {
        byte[] digest = Token.sha256(presented);
        TenantToken found = null;
        for (TenantToken token : tokens) {
            if (token.digest().is(digest)) found = token;
        }
        return Optional.ofNullable(found);
    }
}
