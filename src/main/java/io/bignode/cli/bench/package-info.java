/**
 * {@code bignode bench}: measures what a device computes, and compares runs in a report.
 *
 * <p>Invariants: rates of different models are not compared; a report is one file that loads nothing.
 */
@NullMarked
package io.bignode.cli.bench;

import org.jspecify.annotations.NullMarked;
