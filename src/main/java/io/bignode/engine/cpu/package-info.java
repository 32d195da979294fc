/**
 * The processor as a device. A weight pool and inputs come in, logits go out. Invariant: weights are read from the pool where they lie, and a
 * result does not depend on which thread did what.
 */
@NullMarked
package io.bignode.engine.cpu;

import org.jspecify.annotations.NullMarked;
