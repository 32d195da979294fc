/**
 * Small nodes' requests: orders, polls, sessions, stops, in the documented and in the deployed dialect.
 *
 * <p>Invariant: an order is read here once; what is handed on is a value.
 */
@NullMarked
package io.bignode.api.delegation;

import org.jspecify.annotations.NullMarked;
