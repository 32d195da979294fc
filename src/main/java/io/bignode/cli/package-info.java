/**
 * The command line. Arguments and files come in; results go to standard output, progress and logs to standard error, and an exit code to the caller: 0 ok,
 * 1 a check failed, 2 usage, 3 environment, 4 internal.
 *
 * <p>Here stands the command {@code bignode} itself; the commands below it stand in a package for each task: {@code serve}, {@code operate}, {@code client},
 * {@code rehearse}, {@code compute}, {@code bench}, {@code doctor}, and in {@code terminal} what they share.
 *
 * <p>Invariant: nothing imports the command line but {@link io.bignode.Main}.
 */
@NullMarked
package io.bignode.cli;

import org.jspecify.annotations.NullMarked;
