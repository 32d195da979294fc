package io.bignode.cli.operate;

import picocli.CommandLine.Command;

/** {@code bignode drain}. */
@Command(
        name = "drain",
        mixinStandardHelpOptions = true,
        description = "Gives a worker no more leases; what it has it finishes. Stop it when bignode workers shows no leases of it.",
        footerHeading = Operator.TOKEN_HINT)
public final class DrainCommand extends ChangeWorker {
    DrainCommand() {
        super("drain", "gets no more leases", "there is no connected worker");
    }
}
