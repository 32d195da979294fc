/**
 * What a proof function owes, whatever it computes: it reads an order, says which device can compute it and how much work that is, computes a lease, judges
 * results, and writes them as small nodes read them. Each function is a package below this one; nothing outside of it knows more than these ports.
 *
 * <p>Invariant: an order is read once, on its way in; afterwards it is a value, and {@linkplain io.bignode.protocol.WorkOrder opaque} to all others.
 */
@NullMarked
package io.bignode.proof;

import org.jspecify.annotations.NullMarked;
