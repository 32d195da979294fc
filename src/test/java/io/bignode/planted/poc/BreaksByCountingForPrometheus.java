package io.bignode.planted.poc;

import io.prometheus.metrics.core.metrics.Counter;

/** Breaks the rule of Prometheus. */
record BreaksByCountingForPrometheus(Counter counter) {}
