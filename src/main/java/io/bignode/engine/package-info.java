/**
 * Devices and what they do: an engine opens models on one device, a model turns inputs into logits. Invariant: engines differ in speed, never
 * in the function they compute.
 */
@NullMarked
package io.bignode.engine;

import org.jspecify.annotations.NullMarked;
