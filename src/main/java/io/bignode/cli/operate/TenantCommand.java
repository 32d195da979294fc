package io.bignode.cli.operate;

import io.bignode.config.TenantToken;
import io.bignode.config.Token;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode tenant}: makes a token for somebody. */
@Command(
        name = "tenant",
        mixinStandardHelpOptions = true,
        description = "Makes a token for a tenant: the line for the file that DELEGATION_TOKENS_FILE names goes to standard output, the token, which is"
                + " kept nowhere and shown this once, to standard error.")
public final class TenantCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Up to 64 letters, digits, '.', '_' and '-'")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Option(names = "--sessions", paramLabel = "N", defaultValue = "4", description = "Sessions at a time (${DEFAULT-VALUE})")
    private int sessions;

    @Option(names = "--weight", paramLabel = "W", defaultValue = "1", description = "Share of the devices relative to others (${DEFAULT-VALUE})")
    private double weight;

    @Override
    public Integer call() {
        if (!TenantToken.NAME.matcher(name).matches()) {
            throw CommandException.usage("a tenant's name has up to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
        }
        if (sessions < 1 || sessions > TenantToken.MOST_SESSIONS) {
            throw CommandException.usage("--sessions must be from 1 to " + TenantToken.MOST_SESSIONS);
        }
        if (!(weight >= TenantToken.LEAST_WEIGHT && weight <= TenantToken.MOST_WEIGHT)) {
            throw CommandException.usage("--weight must be from " + TenantToken.LEAST_WEIGHT + " to " + (int) TenantToken.MOST_WEIGHT);
        }
        Token token = Token.random();
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        out.println(new TenantToken(name, TenantToken.HexDigest.of(token), sessions, weight).line());
        out.flush();
        err.println("The token of " + name + ", shown this once:");
        err.println(token.secret());
        err.flush();
        return ExitCode.OK;
    }
}
