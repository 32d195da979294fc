/**
 * Certificates and keys of a node: those it shows to small nodes and to workers, and those it trusts.
 *
 * <p>Invariants: a private key is readable by its owner alone where it is made here, and is never logged; a certificate that was replaced by one that cannot
 * be used stays in use, and an alarm tells.
 */
@NullMarked
package io.bignode.node.tls;

import org.jspecify.annotations.NullMarked;
