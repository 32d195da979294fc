/**
 * What every command needs to speak with whoever typed it: JSON files that are read, tables, progress, findings, the manual of options and settings,
 * and how a failure or a wrong command line is reported.
 *
 * <p>Invariants: results go to standard output, everything else to standard error; what was typed behind an option, which may be a secret, is never repeated.
 */
@NullMarked
package io.bignode.cli.terminal;

import org.jspecify.annotations.NullMarked;
