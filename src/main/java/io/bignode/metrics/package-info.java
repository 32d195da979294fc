/**
 * What a node tells a Prometheus server.
 *
 * <p>In come events and, when somebody scrapes, readings; out goes Prometheus' text format. Who sees only what is its own is given no series
 * that bear another's name.
 *
 * <p>Invariant: the labels are bounded ({@link io.bignode.metrics.Metrics#maxSeries}), and none of them is an id of a session or a lease, a
 * token, a hash or a path that somebody sent. Counters start at zero with the process and never go down while it runs.
 */
@NullMarked
package io.bignode.metrics;

import org.jspecify.annotations.NullMarked;
