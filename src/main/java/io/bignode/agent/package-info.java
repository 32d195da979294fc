/**
 * An agent: it poses as an ML node beside a decentralized-api, and has a big node compute what is asked of it. In come an ML node's calls, by the same code as
 * in a head, and out go callbacks, by the same code too. What stands between is a relay for each session in place of devices: it orders the session at a
 * big node, fetches what was found there by a cursor, and gives it to the store.
 *
 * <p>Invariants: a cursor is acknowledged to the big node only after everything up to it is durable here, in one transaction with the cursor; and the results of
 * one order are those of one big node.
 */
@NullMarked
package io.bignode.agent;

import org.jspecify.annotations.NullMarked;
