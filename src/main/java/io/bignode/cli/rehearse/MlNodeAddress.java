package io.bignode.cli.rehearse;

import io.bignode.cli.terminal.UrlToken;
import io.bignode.config.Token;
import java.net.URI;
import java.util.Optional;

/**
 * Where an ML node is, and what is shown to it.
 *
 * @param base   everything before the calls' own paths, without a slash at the end
 * @param bearer the token that every call bears; empty where one stands in the path, or none is needed
 */
record MlNodeAddress(URI base, Optional<Token> bearer) {
    private static final String ROOT = "/mlnode";

    /** Its calls under another segment, so that a stop ends the rehearsal's sessions alone. A head takes those of another segment for another ML node. */
    MlNodeAddress apart(String segment) {
        String text = base.toString();
        if (!text.matches(".*/mlnode/[^/]+(/[^/]+)?")) return this;
        return new MlNodeAddress(URI.create(text.replaceFirst("(/mlnode/[^/]+)(/[^/]+)?$", "$1/" + segment)), bearer);
    }

    /** The same server's ML node below a head's own path, by a token in a header. */
    MlNodeAddress ofHead(Token token) {
        return new MlNodeAddress(URI.create(base + ROOT), Optional.of(token));
    }

    /** Whether it names a server alone. */
    boolean isBare() {
        return base.getRawPath().isEmpty();
    }

    /** The server, which has the delegation API as well where it is a head. */
    URI server() {
        return URI.create(base.getScheme() + "://" + base.getRawAuthority());
    }

    /** What a head's own calls are shown: the given token, or that in the path. */
    Optional<Token> credential(Optional<Token> given) {
        if (given.isPresent()) return given;
        try {
            return UrlToken.of(base).map(Token::ofAnyLength);
        } catch (IllegalArgumentException unusual) {
            return Optional.empty(); // whoever answers to it says what is wrong with it
        }
    }

    /** The address without its token. */
    @Override
    public String toString() {
        return UrlToken.hidden(base.toString());
    }
}
