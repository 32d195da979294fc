/**
 * What the operator set: environment in, validated settings out.
 *
 * <p>Invariants: whoever holds a {@link io.bignode.config.Settings} holds usable ones, and every fault is named at once where there are
 * any; a token is never printed, not even its end.
 */
@NullMarked
package io.bignode.config;

import org.jspecify.annotations.NullMarked;
