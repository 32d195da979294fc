/**
 * Hands out what sessions found.
 *
 * <p>In comes a poll of a session, out goes one answer through the caller's writer.
 *
 * <p>Invariant: without a cursor no batch is handed out twice, and one counts as handed out only when the writer returned normally; with a
 * cursor it does when the small node acknowledges it.
 */
@NullMarked
package io.bignode.delivery;

import org.jspecify.annotations.NullMarked;
