/**
 * How the program's log is written: records of {@code java.util.logging}, where everything logs to in the end, come in; lines go out.
 *
 * <p>Invariants: an event is one line, whatever is in it (an error's stack trace follows it where lines are written for people); what is known to be a
 * secret is not written.
 */
@NullMarked
package io.bignode.log;

import org.jspecify.annotations.NullMarked;
