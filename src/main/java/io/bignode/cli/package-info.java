/**
 * The commands. Arguments and files come in; results go to standard output, progress and logs to standard error, and an exit code to the caller: 0 ok,
 * 1 a check failed, 2 usage, 3 environment, 4 internal.
 */
@NullMarked
package io.bignode.cli;

import org.jspecify.annotations.NullMarked;
