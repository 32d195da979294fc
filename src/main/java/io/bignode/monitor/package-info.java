/**
 * What is seen of a running node: alarms, what devices and sessions did over time, recent rates.
 *
 * <p>Invariant: everything here is bounded, whatever names and numbers it is told.
 */
@NullMarked
package io.bignode.monitor;

import org.jspecify.annotations.NullMarked;
