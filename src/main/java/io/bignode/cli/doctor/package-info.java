/**
 * {@code bignode doctor}: looks whether this machine could serve or work, before it does.
 *
 * <p>Invariants: a check changes nothing that a node would miss or trip over; each finding that is not well names its fix; no finding holds a secret.
 */
@NullMarked
package io.bignode.cli.doctor;

import org.jspecify.annotations.NullMarked;
