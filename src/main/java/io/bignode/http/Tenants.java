package io.bignode.http;

import java.util.Optional;

/** Tells whose token was shown. */
@FunctionalInterface
public interface Tenants {
    /**
     * The tenant a token belongs to; must take the same time for every wrong token.
     *
     * @param token as the client sent it
     * @return empty when it is nobody's
     */
    Optional<String> of(String token);
}
