/**
 * {@code bignode agent}: the small program beside a decentralized-api, and its check.
 *
 * <p>Invariant: the token stands in the environment or in a file, never on the command line, and is never printed.
 */
@NullMarked
package io.bignode.cli.agent;

import org.jspecify.annotations.NullMarked;
