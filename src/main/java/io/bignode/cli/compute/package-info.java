/**
 * The commands that compute on this machine alone: {@code compute}, {@code fingerprint} and {@code verify}, with the device they choose and the batches they
 * read.
 *
 * <p>Invariant: files may be of any origin and size; a line that is too long or malformed is told with its number and never held whole.
 */
@NullMarked
package io.bignode.cli.compute;

import org.jspecify.annotations.NullMarked;
