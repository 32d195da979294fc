/** What an operator sees and does: overview, live feed, history, workers, metrics. A tenant sees its own part of it. */
@NullMarked
package io.bignode.api.operator;

import org.jspecify.annotations.NullMarked;
