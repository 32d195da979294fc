/** The ML node's API: calls of it that reach this node by mistake are told where they belong. */
@NullMarked
package io.bignode.api.mlnode;

import org.jspecify.annotations.NullMarked;
