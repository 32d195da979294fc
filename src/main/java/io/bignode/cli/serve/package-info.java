/**
 * The commands that run until they are stopped: {@code serve} and {@code worker}, and the training run that the launcher makes its cache with.
 *
 * <p>Invariant: all faults of the settings are reported before anything is made in the data folder; {@code serve} alone works without the command
 * line's parser.
 */
@NullMarked
package io.bignode.cli.serve;

import org.jspecify.annotations.NullMarked;
