/**
 * {@code bignode client}: a small node that orders a session, polls it and writes its batches to a file.
 *
 * <p>Invariant: a batch is put away before the next poll acknowledges it.
 */
@NullMarked
package io.bignode.cli.client;

import org.jspecify.annotations.NullMarked;
