/**
 * The ML node's API, by which a network node drives this node as it does a process of vLLM: starts and stops of stages, requests to validate others, and what
 * devices there are. On chains that pay for the first function it does so by other calls, which are answered too. Where the API is off, and on paths that are
 * not this node's, callers are told where such calls belong.
 *
 * <p>Invariant: the token in a path is looked at by the server alone; nothing here logs a path.
 */
@NullMarked
package io.bignode.api.mlnode;

import org.jspecify.annotations.NullMarked;
