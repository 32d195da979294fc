/**
 * Keeps sessions in SQLite or PostgreSQL; SQL stands here only.
 *
 * <p>The package is given changes in the order in which they happened. It returns the sessions as the last head left them, and found nonces for polls. One
 * thread writes: it takes the net effect of whatever came in meanwhile and makes it durable in one transaction.
 *
 * <p>Invariants: a store has one writing head at a time; a group of changes is durable whole or not at all, and before any that came later;
 * what cannot be written is kept in memory, served from there, and tried again.
 */
@NullMarked
package io.bignode.session.store;

import org.jspecify.annotations.NullMarked;
