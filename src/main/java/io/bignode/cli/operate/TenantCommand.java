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
        description = "Makes a token for a tenant. It prints the line for the file that DELEGATION_TOKENS_FILE names to standard output, and the token to"
                + " standard"
                + " error. The token is kept nowhere and shown only this once.")
public final class TenantCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "The tenant's name: up to 64 letters, digits, '.', '_' and '-'.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Option(
            names = "--sessions",
            paramLabel = "N",
            defaultValue = "4",
            description = "The number of sessions that the tenant may run at the same time (${DEFAULT-VALUE}).")
    private int sessions;

    @Option(
            names = "--weight",
            paramLabel = "W",
            defaultValue = "1",
            description = "The tenant's share of the devices, relative to other tenants (${DEFAULT-VALUE}).")
    private double weight;

    @Override
    public Integer call() {
        if (!TenantToken.NAME.matcher(name).matches()) {
            throw CommandException.usage("a tenant's name has up to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
        }
        if (sessions < 1 || sessions > TenantToken.MAX_SESSIONS) {
            throw CommandException.usage("--sessions must be from 1 to " + TenantToken.MAX_SESSIONS);
        }
        if (!(weight >= TenantToken.MIN_WEIGHT && weight <= TenantToken.MAX_WEIGHT)) {
            throw CommandException.usage("--weight must be from " + TenantToken.MIN_WEIGHT + " to " + (int) TenantToken.MAX_WEIGHT);
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
