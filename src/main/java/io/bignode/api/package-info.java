/**
 * What clients see, without a web server: the paths, who may ask for them, health and the API's own description.
 *
 * <p>{@code api.delegation} serves small nodes, in both dialects; {@code api.operator} serves the dashboard, history, workers and metrics;
 * {@code api.mlnode} serves network nodes that use this node as an ML node.
 */
@NullMarked
package io.bignode.api;

import org.jspecify.annotations.NullMarked;
