package io.bignode.cli.serve;

import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.node.EarlyPort;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bignode serve}: the node itself. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Serves small nodes until it is told to stop (SIGTERM or Ctrl-C).",
        footerHeading = "%nSettings, from the environment:%n",
        footer = {
            "  DELEGATION_AUTH_TOKEN       what small nodes must show; without it one is made and kept in the data folder",
            "  DELEGATION_ALLOW_SHORT_TOKEN  true: start with a token of 6 to 15 characters too, which can be guessed (false)",
            "  DELEGATION_HOST             address to listen on (0.0.0.0)",
            "  DELEGATION_PORT             port to listen on (9090)",
            "  DELEGATION_MAX_SESSIONS     sessions at a time (10)",
            "  DELEGATION_SESSION_SECONDS  life of a session (330)",
            "  DELEGATION_MAX_WAITING      sessions of each tenant that may wait for their turn (100; 0: none)",
            "  DELEGATION_LINGER_SECONDS   how long small nodes of the field see an expired session as active (240; 0 not at all)",
            "  DELEGATION_DATA_DIR         this node's own folder (~/.local/share/bignode)",
            "  DELEGATION_DB_URL           PostgreSQL instead of a file in the data folder: jdbc:postgresql://HOST/DATABASE?user=…",
            "  DELEGATION_TOKENS_FILE      more tenants, each with a token: NAME DIGEST SESSIONS WEIGHT a line; see bignode tenant",
            "  DELEGATION_WRONG_TOKENS     wrong tokens a minute from one address before it gets 429 (120; 0 no limit)",
            "  DELEGATION_TLS_CERT         certificates to serve the API by https, PEM; with DELEGATION_TLS_KEY",
            "  DELEGATION_TLS_KEY          the certificate's private key, PEM",
            "  DELEGATION_CALLBACK_HOSTS   hosts that batches may be pushed to: node.example.org:8080, 10.0.0.0/8 (none)",
            "  DELEGATION_CALLBACK_CA      certificates to trust besides the usual ones when pushing by https, PEM",
            "  HF_HOME                     shared cache folder; weight pools are kept under it",
            "  DELEGATION_CACHE_GIB        how much of it they may take (16; 0 keeps none)",
            "  DELEGATION_DEVICES          all GPUs (the default; the CPU where there is none), cpu, none, or some: 0,2 or GPU-3f2a1b6c",
            "  DELEGATION_MARGIN           nonces this close to r_target are not reported (5e-6)",
            "  DELEGATION_GPU_MEMORY_GIB   the most memory to take of each GPU (all that is free)",
            "  DELEGATION_CUDA_LIBRARIES   folder with CUDA's libraries, where they are not found by themselves; CUDA_HOME is looked at too",
            "  DELEGATION_HOPPER_FFN       on: compute the feed-forward layer by our own kernel on Hopper GPUs (off)",
            "  DELEGATION_WORKER_PORT      port for workers of other hosts; unset, this host's devices work alone",
            "  DELEGATION_WORKER_HOST      address to listen for them on (0.0.0.0)",
            "  DELEGATION_JOIN_TOKEN       what workers and bignode drain must show; without it one is made and kept in the data folder",
            "  DELEGATION_WORKER_TLS_CERT  certificate to show to workers, PEM; without it one is made and kept in the data folder",
            "  DELEGATION_WORKER_TLS_KEY   the certificate's private key, PEM",
            "  DELEGATION_VERIFY_SHARE     share of results that another worker or device computes again (0.02; 0 trusts all)",
            "  DELEGATION_BROKER_URL       an Artemis of its own instead of the one in the head: tcp://HOST:61616?sslEnabled=true&…",
            "  DELEGATION_BROKER_USER      whom to connect to it as; with DELEGATION_BROKER_PASSWORD",
            "  DELEGATION_BROKER_PASSWORD  what proves it",
            "  DELEGATION_LOG_FORMAT       text for people (the default), or json: an object a line",
            "  CUDA_VISIBLE_DEVICES        GPUs the driver shows at all"
        })
public final class ServeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        return new Serve(spec.commandLine().getErr(), CommandEnvironment.of(spec), EarlyPort.NONE).run();
    }
}
