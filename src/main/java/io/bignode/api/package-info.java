/**
 * What clients see, without a web server: the paths, who may ask for them, health and the API's own description.
 *
 * <p>{@code api.delegation} serves small nodes, in both dialects; {@code api.operator} serves the dashboard, history, workers and metrics;
 * {@code api.mlnode} knows the ML node's API.
 */
@NullMarked
package io.bignode.api;

import org.jspecify.annotations.NullMarked;
