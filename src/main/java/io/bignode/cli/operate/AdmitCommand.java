package io.bignode.cli.operate;

import picocli.CommandLine.Command;

/** {@code bignode admit}. */
@Command(
        name = "admit",
        mixinStandardHelpOptions = true,
        description = "Lets a worker that drains or is in quarantine work again.",
        footerHeading = Operator.TOKEN_HINT)
public final class AdmitCommand extends ChangeWorker {
    AdmitCommand() {
        super("admit", "may work again", "there is no worker that drains or is in quarantine called");
    }
}
