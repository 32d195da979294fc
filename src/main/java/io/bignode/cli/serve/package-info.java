/**
 * The commands that run until they are told to stop: {@code serve} and {@code worker}, and the training run that the launcher makes its cache with.
 *
 * <p>Invariant: faulty settings are told, all of them, before anything is made in the data folder; {@code serve} alone works without the command
 * line's parser.
 */
@NullMarked
package io.bignode.cli.serve;

import org.jspecify.annotations.NullMarked;
