package io.bignode.config;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Every environment variable that is a setting, declared once. The program reads its settings through these constants; the help of {@code serve} and
 * {@code worker} and the tables of docs/configuration.md are made of them; unknown variables are compared with them; and tests
 * hold the files in {@code deploy} against them.
 *
 * <p>A help text is Markdown with code in backticks and links, one or two whole sentences that also read well without either.
 */
public enum Setting {
    HOST("DELEGATION_HOST", Topic.LISTENING, ReadBy.HEAD, Value.text("0.0.0.0"),
            "The address that the API listens on. With `127.0.0.1` only this host reaches it."),
    PORT("DELEGATION_PORT", Topic.LISTENING, ReadBy.HEAD, Value.whole(0, 65_535, 9090), "The port that the API listens on. 0 takes any free port."),
    TLS_CERT("DELEGATION_TLS_CERT", Topic.LISTENING, ReadBy.HEAD, Value.unset(Kind.FOLLOWED_FILE, "none"),
            "A PEM file with the certificates to serve the API by https: see [TLS](tenants-and-tls.md#tls)."),
    TLS_KEY("DELEGATION_TLS_KEY", Topic.LISTENING, ReadBy.HEAD, Value.unset(Kind.FOLLOWED_FILE, "none"),
            "The PEM file with the private key of that certificate."),

    AUTH_TOKEN("DELEGATION_AUTH_TOKEN", Topic.ACCESS, ReadBy.HEAD, Value.unset(Kind.SECRET, "made at the first start"),
            "The token that small nodes send, at least 16 characters. The node keeps one that it made itself in the file `token` of its data folder."),
    ALLOW_SHORT_TOKEN("DELEGATION_ALLOW_SHORT_TOKEN", Topic.ACCESS, ReadBy.HEAD, Value.flag("false"),
            "`true` lets the node start with a token of 6 to 15 characters. Such a token can be guessed: see [short tokens](tenants-and-tls.md#short-tokens)."),
    TOKENS_FILE("DELEGATION_TOKENS_FILE", Topic.ACCESS, ReadBy.HEAD, Value.unset(Kind.FOLLOWED_FILE, "none"),
            "A file with more [tenants](tenants-and-tls.md#tenants), one line each: `NAME DIGEST SESSIONS WEIGHT`. `bignode tenant` makes such a line."),
    WRONG_TOKENS("DELEGATION_WRONG_TOKENS", Topic.ACCESS, ReadBy.HEAD, Value.whole(0, 1_000_000, 120),
            "The number of wrong tokens allowed per minute and address. Above it, the address gets 429, except for tokens that were right from there within"
                    + " the last hour. 0 removes the limit."),

    MAX_SESSIONS("DELEGATION_MAX_SESSIONS", Topic.SESSIONS, ReadBy.HEAD, Value.whole(1, 10_000, 10),
            "The number of sessions that may run at the same time, 1 to 10,000. Up to three sessions of the same public key and node count as one."),
    SESSION_SECONDS("DELEGATION_SESSION_SECONDS", Topic.SESSIONS, ReadBy.HEAD, Value.whole(1, 86_400, 330),
            "How long a session computes, counted from its start. The network's stage takes 300 s."),
    MAX_WAITING("DELEGATION_MAX_WAITING", Topic.SESSIONS, ReadBy.HEAD, Value.whole(0, 10_000, 100),
            "The number of sessions of each tenant that may wait for their turn. With 0 no session waits."),
    MAX_VALIDATIONS("DELEGATION_MAX_VALIDATIONS", Topic.SESSIONS, ReadBy.HEAD, Value.whole(1, 10_000, 200),
            "The number of requests to [validate others](mlnode.md#the-calls) that each tenant may have unanswered. They take no place of"
                    + " `DELEGATION_MAX_SESSIONS`."),
    LINGER_SECONDS("DELEGATION_LINGER_SECONDS", Topic.SESSIONS, ReadBy.HEAD, Value.whole(0, 3600, 240),
            "How long a small node that speaks the [deployed dialect](small-nodes.md#the-deployed-dialect) sees its session as active after its end."
                    + " 0 turns this off."),

    DATA_DIR("DELEGATION_DATA_DIR", Topic.FOLDERS, ReadBy.BOTH, Value.unset(Kind.FOLDER, "`~/.local/share/bignode`"),
            "The folder of this node alone. It holds the store, the tokens, the certificate for workers and the broker's journal."),
    HF_HOME("HF_HOME", Topic.FOLDERS, ReadBy.BOTH, Value.unset(Kind.FOLDER, "`cache` in the data folder"),
            "A cache folder that several services may share. Weight pools are kept in its `bignode/pools`."),
    CACHE_GIB("DELEGATION_CACHE_GIB", Topic.FOLDERS, ReadBy.BOTH, Value.whole(0, 1 << 20, 16),
            "How many GiB the kept weight pools may take; the oldest are removed first. 0 keeps none."),
    DB_URL("DELEGATION_DB_URL", Topic.FOLDERS, ReadBy.HEAD, Value.unset(Kind.URL_WITH_SECRET, "a file in the data folder"),
            "A PostgreSQL database as the store: `jdbc:postgresql://HOST/DATABASE?user=…&password=…`."),

    DEVICES("DELEGATION_DEVICES", Topic.DEVICES, ReadBy.BOTH, Value.text("all"),
            "Which devices compute. `all` takes every GPU, and the CPU where there is none. `cpu` takes the CPU alone. `none` computes nothing on this host,"
                    + " so that the head only serves workers on other hosts. `0,2`, `cuda:1` or `GPU-3f2a1b6c` take some GPUs."),
    BACKENDS("DELEGATION_BACKENDS", Topic.DEVICES, ReadBy.BOTH, Value.unset(Kind.TEXT, "none"),
            "The [vLLM backends](backends.md) of this host that compute vectors, as URLs with commas between them: `http://127.0.0.1:5001,http://127.0.0.1:5002`."
                    + " With it, `DELEGATION_DEVICES` is `none` unless it is set, as the GPUs are the backends'."),
    // Four times the mean deviation that was measured between this program and the function's executable statement on main-net.
    MARGIN("DELEGATION_MARGIN", Topic.DEVICES, ReadBy.BOTH, Value.number(0, 0.01, "5e-6"),
            "A nonce whose distance is this close to `r_target` is not reported: see [the margin](gpu-results.md#the-margin)."),
    GPU_MEMORY_GIB("DELEGATION_GPU_MEMORY_GIB", Topic.DEVICES, ReadBy.BOTH, Value.unset(1, 1 << 20, 40, "all that is free"),
            "The upper limit of the memory, in GiB, that the node takes of each GPU."),
    CUDA_LIBRARIES("DELEGATION_CUDA_LIBRARIES", Topic.DEVICES, ReadBy.BOTH, Value.unset(Kind.FOLDER, "found without help"),
            "The only folder in which the node looks for CUDA's libraries."),
    CUDA_HOME("CUDA_HOME", Topic.DEVICES, ReadBy.BOTH, Value.unset(Kind.FOLDER, "none"),
            "A folder with a CUDA toolkit, in which the node looks for the libraries as well."),
    VIRTUAL_ENV("VIRTUAL_ENV", Topic.DEVICES, ReadBy.BOTH, Value.unset(Kind.FOLDER, "none"),
            "A Python environment, set where one is active. The node looks in its packages for CUDA's libraries as well."),
    CONDA_PREFIX("CONDA_PREFIX", Topic.DEVICES, ReadBy.BOTH, Value.unset(Kind.FOLDER, "none"),
            "A conda environment, set where one is active. The node looks in it for CUDA's libraries as well."),
    CUDA_VISIBLE_DEVICES("CUDA_VISIBLE_DEVICES", Topic.DEVICES, ReadBy.BOTH, Value.unset(Kind.TEXT, "all"),
            "The GPUs that NVIDIA's driver exposes to the process. The driver reads it."),
    HOPPER_FFN("DELEGATION_HOPPER_FFN", Topic.DEVICES, ReadBy.BOTH, Value.text("auto"),
            "`auto` computes the feed-forward layer with [our own kernel](hopper-kernel.md) on Hopper GPUs where the node has measured that it is faster there;"
                    + " `on` does wherever it can, `off` never."),

    WORKER_PORT("DELEGATION_WORKER_PORT", Topic.WORKERS, ReadBy.HEAD, Value.unset(0, 65_535, 9091, "none"),
            "The port to which workers of other hosts connect, usually 9091. Without it, only this host's devices compute."),
    WORKER_HOST("DELEGATION_WORKER_HOST", Topic.WORKERS, ReadBy.HEAD, Value.text("0.0.0.0"), "The address that the head listens on for workers."),
    JOIN_TOKEN("DELEGATION_JOIN_TOKEN", Topic.WORKERS, ReadBy.BOTH, Value.unset(Kind.SECRET, "made at the head's first start"),
            "The token that workers and operators send. A head keeps one that it made itself in the file `join-token` of its data folder."
                    + " A worker needs the head's, or those of several heads with commas between them."),
    WORKER_TLS_CERT("DELEGATION_WORKER_TLS_CERT", Topic.WORKERS, ReadBy.HEAD, Value.unset(Kind.FOLLOWED_FILE, "made at the first start"),
            "A PEM file with the certificate that the head shows to workers."),
    WORKER_TLS_KEY("DELEGATION_WORKER_TLS_KEY", Topic.WORKERS, ReadBy.HEAD, Value.unset(Kind.FOLLOWED_FILE, "made at the first start"),
            "The PEM file with the private key of that certificate."),
    VERIFY_SHARE("DELEGATION_VERIFY_SHARE", Topic.WORKERS, ReadBy.HEAD, Value.number(0, 1, "0.02"),
            "The share of the results that another worker or another device computes again. 0 trusts every result."),
    MODEL_THRESHOLDS("DELEGATION_MODEL_THRESHOLDS", Topic.WORKERS, ReadBy.HEAD, Value.unset(Kind.TEXT, "0.4 for every model"),
            "The largest distance at which two [vectors](backends.md#checks) of a model match, for models that have another than 0.4:"
                    + " `org/model=0.75`, with commas between several."),
    P_MISMATCH("DELEGATION_P_MISMATCH", Topic.WORKERS, ReadBy.HEAD, Value.number(0.0001, 0.5, "0.1"),
            "The share of the vectors of sound backends that may be further apart than that. The chain's own value is the default."),
    FRAUD_THRESHOLD("DELEGATION_FRAUD_THRESHOLD", Topic.WORKERS, ReadBy.HEAD, Value.number(0.000001, 0.5, "0.01"),
            "Vectors deviate where chance explains their mismatches with less than this probability. The chain's own value is the default."),
    JOIN("DELEGATION_JOIN", Topic.WORKERS, ReadBy.WORKER, Value.unset(Kind.TEXT, "none"),
            "The head's `HOST:PORT`, as the option `--join`. A worker of [several heads](farm.md#more-than-one-head) has one for each, with commas between them."),
    JOIN_FINGERPRINT("DELEGATION_JOIN_FINGERPRINT", Topic.WORKERS, ReadBy.WORKER, Value.unset(Kind.TEXT, "none"),
            "SHA-256 of the head's certificate, as the option `--fingerprint`. The head prints it when it starts. With several heads, one for each of them."),
    WORKER_NAME("DELEGATION_WORKER_NAME", Topic.WORKERS, ReadBy.WORKER, Value.unset(Kind.TEXT, "the host's name with some digits"),
            "The name by which the head knows this worker: small letters, digits and dashes."),
    BROKER_URL("DELEGATION_BROKER_URL", Topic.WORKERS, ReadBy.BOTH, Value.unset(Kind.URL_WITH_SECRET, "the broker in the head"),
            "An external Artemis broker instead of the built-in one: `tcp://HOST:61616?sslEnabled=true&…`."),
    BROKER_USER("DELEGATION_BROKER_USER", Topic.WORKERS, ReadBy.BOTH, Value.unset(Kind.TEXT, "none"), "The user name for the external broker."),
    BROKER_PASSWORD("DELEGATION_BROKER_PASSWORD", Topic.WORKERS, ReadBy.BOTH, Value.unset(Kind.SECRET, "none"), "The password for the external broker."),

    CALLBACK_HOSTS("DELEGATION_CALLBACK_HOSTS", Topic.PUSH, ReadBy.HEAD, Value.unset(Kind.TEXT, "none"),
            "The hosts, addresses and networks to which the head may [push](tenants-and-tls.md#push) batches, for instance `node.example.org:8080` or"
                    + " `10.0.0.0/8`. Without it, push is off."),
    CALLBACK_CA("DELEGATION_CALLBACK_CA", Topic.PUSH, ReadBy.HEAD, Value.unset(Kind.FILE, "none"),
            "A PEM file with certificate authorities that the head trusts when it pushes by https, besides those of the JDK."),

    CALLBACK_SECONDS("DELEGATION_CALLBACK_SECONDS", Topic.PUSH, ReadBy.HEAD, Value.whole(1, 86_400, 900),
            "How long after a session's end the head pushes [vectors and verdicts](mlnode.md#callbacks) that are not taken. Then they rest: polls can fetch"
                    + " them until the session is purged."),

    MLNODE("DELEGATION_MLNODE", Topic.PUSH, ReadBy.HEAD, Value.flag("off"),
            "`on` answers the calls by which a network node drives an [ML node](mlnode.md), under `/mlnode/TOKEN`. Its callbacks need"
                    + " `DELEGATION_CALLBACK_HOSTS`."),
    MLNODE_PORT("DELEGATION_MLNODE_PORT", Topic.PUSH, ReadBy.HEAD, Value.unset(0, 65_535, 9092, "the API's port"),
            "A port of its own for the ML node's calls, usually 9092, at the address of `DELEGATION_HOST`. With it they are not answered at the API's port."),
    INFERENCE_URL("DELEGATION_INFERENCE_URL", Topic.PUSH, ReadBy.HEAD, Value.unset(Kind.TEXT, "`DELEGATION_BACKENDS` of the head"),
            "The server to which an ML node's calls for [inference](mlnode.md#inference) are passed on, for instance `http://127.0.0.1:8000`."),

    BIG_NODE("DELEGATION_BIG_NODE", Topic.AGENT, ReadBy.AGENT, Value.unset(Kind.TEXT, "none"),
            "The big node that an [agent](guide-agent.md) has compute, for instance `https://farm.example.org:9090`. With several, commas between them, the first"
                    + " that takes an order computes it."),
    BIG_NODE_TOKEN("DELEGATION_BIG_NODE_TOKEN", Topic.AGENT, ReadBy.AGENT, Value.unset(Kind.SECRET, "none"),
            "The token that the big node's operator gave you. With several big nodes, one for all of them, or one for each with commas between them."),
    BIG_NODE_TOKEN_FILE("DELEGATION_BIG_NODE_TOKEN_FILE", Topic.AGENT, ReadBy.AGENT, Value.unset(Kind.FILE, "none"),
            "A file that holds that token, or a line for each big node, instead of `DELEGATION_BIG_NODE_TOKEN`."),
    BIG_NODE_CA("DELEGATION_BIG_NODE_CA", Topic.AGENT, ReadBy.AGENT, Value.unset(Kind.FILE, "none"),
            "A PEM file with certificates to trust besides the usual ones, for a big node whose certificate is of an authority of its own."),
    BIG_NODE_FINGERPRINT("DELEGATION_BIG_NODE_FINGERPRINT", Topic.AGENT, ReadBy.AGENT, Value.unset(Kind.TEXT, "none"),
            "SHA-256 of the big node's certificate: it is trusted by this alone, whatever name it bears. With several big nodes, all of theirs with commas between them."),
    AGENT_HOST("DELEGATION_AGENT_HOST", Topic.AGENT, ReadBy.AGENT, Value.text("127.0.0.1"),
            "The address that the agent listens on. Whoever reaches it needs no token: let nobody but your decentralized-api."),
    AGENT_PORT("DELEGATION_AGENT_PORT", Topic.AGENT, ReadBy.AGENT, Value.whole(0, 65_535, 8080),
            "The port of an ML node's calls, and of the agent's page. 0 takes any free port."),
    AGENT_INFERENCE_PORT("DELEGATION_AGENT_INFERENCE_PORT", Topic.AGENT, ReadBy.AGENT, Value.whole(0, 65_535, 5000),
            "The port of an ML node's inference; the same calls are answered there. 0 takes any free port."),
    AGENT_API("DELEGATION_AGENT_API", Topic.AGENT, ReadBy.AGENT, Value.unset(Kind.TEXT, "not looked at"),
            "Where your decentralized-api takes callbacks, for instance `http://127.0.0.1:9100`: `bignode agent --check` looks whether it answers."),

    LOG_FORMAT("DELEGATION_LOG_FORMAT", Topic.LOG, ReadBy.BOTH, Value.text("text"),
            "`text` writes the log for people, `json` writes one JSON object per line."),
    NO_COLOR("NO_COLOR", Topic.LOG, ReadBy.BOTH, Value.unset(Kind.TEXT, "none"), "With any value, the log and the commands use no colours."),
    DEBUG("BIGNODE_DEBUG", Topic.LOG, ReadBy.BOTH, Value.unset(Kind.TEXT, "none"), "With any value, a message of a fault is followed by its stack trace."),

    JAVA_HOME("JAVA_HOME", Topic.LAUNCHER, ReadBy.LAUNCHER, Value.unset(Kind.FOLDER, "none"),
            "The Java that the launcher tries first. It must be 25 or newer."),
    JAVA_DIRS("BIGNODE_JAVA_DIRS", Topic.LAUNCHER, ReadBy.LAUNCHER, Value.unset(Kind.TEXT, "the usual folders"),
            "The folders, separated by colons, in which the launcher looks for a Java."),
    JAVA_OPTS("BIGNODE_JAVA_OPTS", Topic.LAUNCHER, ReadBy.LAUNCHER, Value.unset(Kind.TEXT, "none"),
            "More options for the JVM, separated by blanks, for instance `-Xmx4g`."),
    AOT("BIGNODE_AOT", Topic.LAUNCHER, ReadBy.LAUNCHER, Value.text("on"),
            "`off` neither makes nor uses the [ahead-of-time cache](adr/0048-an-ahead-of-time-cache-made-where-it-is-used.md)."
                    + " `make` makes it now and ends."),

    ROLE("BIGNODE_ROLE", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("head"),
            "`head` deploys a head, which serves small nodes. `worker` deploys a worker, which computes for a head on another host."),
    GPUS("BIGNODE_GPUS", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("all"), "`all` gives the container every NVIDIA GPU of the host, `none` no GPU."),
    BIND("BIGNODE_BIND", Topic.COMPOSE, ReadBy.COMPOSE, Value.unset(Kind.TEXT, "all addresses"), "The address of the host at which the ports are published."),
    CONFIG_DIR("BIGNODE_CONFIG_DIR", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("./config"),
            "The folder of the host with certificates, keys and the tokens file. The container sees it as `/etc/bignode`."),
    IMAGE("BIGNODE_IMAGE", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("bignode:latest"), "The image to run."),
    CUDA_VERSION("BIGNODE_CUDA_VERSION", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("13.0.2"),
            "The version of CUDA in the image that `deploy-local.sh` builds."),
    MONITORING("BIGNODE_MONITORING", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("off"), "`on` runs Prometheus and Grafana beside the head."),
    PROMETHEUS_PORT("BIGNODE_PROMETHEUS_PORT", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("9095"), "The port of Prometheus on this host."),
    GRAFANA_PORT("BIGNODE_GRAFANA_PORT", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("3000"), "The port of Grafana on this host."),
    METRICS_RETENTION("BIGNODE_METRICS_RETENTION", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("30d"), "How long Prometheus keeps what it measured."),
    METRICS_TOKEN_FILE("BIGNODE_METRICS_TOKEN_FILE", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("./secrets/bignode-token"),
            "The file with the join token, which Prometheus sends to the head."),
    GRAFANA_PASSWORD_FILE("BIGNODE_GRAFANA_PASSWORD_FILE", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("./secrets/grafana-password"),
            "The file with the password of Grafana's user `admin`."),
    PROMETHEUS_CONFIG("BIGNODE_PROMETHEUS_CONFIG", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("../prometheus/prometheus.yml"),
            "The configuration of Prometheus. A head that serves by https needs a copy with another scheme."),
    PROMETHEUS_CA("BIGNODE_PROMETHEUS_CA", Topic.COMPOSE, ReadBy.COMPOSE, Value.text("/dev/null"),
            "The certificate by which Prometheus knows a head that serves by https."),

    SMALL_NODE_ENABLED("DELEGATION_ENABLED", Topic.BESIDE, ReadBy.OTHERS, Value.unset(Kind.TEXT, "none"), "Small nodes of the network read it."),
    SMALL_NODE_URL("DELEGATION_URL", Topic.BESIDE, ReadBy.OTHERS, Value.unset(Kind.TEXT, "none"), "Small nodes of the network read it."),
    EXAMPLE_TOKEN("BIGNODE_TOKEN", Topic.BESIDE, ReadBy.OTHERS, Value.unset(Kind.SECRET, "none"), "The example of a small node reads it."),
    EXAMPLE_CA("BIGNODE_CA", Topic.BESIDE, ReadBy.OTHERS, Value.unset(Kind.FILE, "none"), "The example of a small node reads it."),
    ACCEPTANCE_DIST("BIGNODE_DIST", Topic.BESIDE, ReadBy.OTHERS, Value.unset(Kind.FOLDER, "none"), "The script of the acceptance test on GPUs reads it."),
    HEALTH_PROC("BIGNODE_PROC", Topic.BESIDE, ReadBy.OTHERS, Value.unset(Kind.FOLDER, "none"), "The container's health check reads it in tests.");

    /** What a setting is about. */
    public enum Topic {
        LISTENING("Where the node listens"),
        ACCESS("Who may use it"),
        SESSIONS("Sessions"),
        FOLDERS("Folders, caches and the store"),
        DEVICES("Devices"),
        WORKERS("Workers on other hosts"),
        PUSH("Push"),
        AGENT("An agent beside a decentralized-api"),
        LOG("Log"),
        LAUNCHER("The launcher"),
        COMPOSE("Docker Compose"),
        /** Names that are not the server's, although they begin like its settings; no page lists them. */
        BESIDE("Other programs");

        private final String heading;

        Topic(String heading) {
            this.heading = heading;
        }

        /** As a page's heading. */
        public String heading() {
            return heading;
        }
    }

    /** Who reads a setting. */
    public enum ReadBy {
        /** {@code bignode serve}. */
        HEAD,
        /** {@code bignode worker}. */
        WORKER,
        /** Both of them. */
        BOTH,
        /** {@code bignode agent}. */
        AGENT,
        /** The launcher, which starts the program. */
        LAUNCHER,
        /** The scripts and files of {@code deploy/join}. */
        COMPOSE,
        /** Other programs, which may run in the same shell. */
        OTHERS
    }

    /** What a value is. */
    public enum Kind {
        TEXT,
        WHOLE_NUMBER,
        NUMBER,
        /** {@code on} or {@code off}, or {@code true} or {@code false}. */
        FLAG,
        FILE,
        /** A file that a running node reads again when it changes. */
        FOLLOWED_FILE,
        FOLDER,
        /** A value that is never printed. */
        SECRET,
        /** A URL in which a password may stand. */
        URL_WITH_SECRET
    }

    /**
     * What a setting may be, and what counts where it is not set.
     *
     * @param kind  what it is
     * @param usual the value that counts where none is set; empty where there is no such value
     * @param unset what counts then, in words for people
     * @param min   the smallest number
     * @param max   the largest number
     * @param example a number that would do
     */
    private record Value(Kind kind, Optional<String> usual, String unset, double min, double max, String example) {
        static Value text(String usual) {
            return new Value(Kind.TEXT, Optional.of(usual), "`" + usual + "`", 0, 0, "");
        }

        static Value flag(String usual) {
            return new Value(Kind.FLAG, Optional.of(usual), "`" + usual + "`", 0, 0, "");
        }

        static Value whole(int min, int max, int usual) {
            String text = Integer.toString(usual);
            return new Value(Kind.WHOLE_NUMBER, Optional.of(text), "`" + text + "`", min, max, text);
        }

        static Value number(double min, double max, String usual) {
            return new Value(Kind.NUMBER, Optional.of(usual), "`" + usual + "`", min, max, usual);
        }

        static Value unset(int min, int max, int example, String unset) {
            return new Value(Kind.WHOLE_NUMBER, Optional.empty(), unset, min, max, Integer.toString(example));
        }

        static Value unset(Kind kind, String unset) {
            return new Value(kind, Optional.empty(), unset, 0, 0, "");
        }
    }

    private final String variable;
    private final Topic topic;
    private final ReadBy readBy;
    private final Value value;
    private final String help;

    Setting(String variable, Topic topic, ReadBy readBy, Value value, String help) {
        this.variable = variable;
        this.topic = topic;
        this.readBy = readBy;
        this.value = value;
        this.help = help;
    }

    /** What an agent reads as a head does. */
    private static final Set<Setting> OF_AGENTS_TOO =
            Set.of(DATA_DIR, SESSION_SECONDS, MAX_VALIDATIONS, CALLBACK_CA, CALLBACK_SECONDS, LOG_FORMAT, NO_COLOR, DEBUG);

    /** The settings that a program reads; those that head and worker read are settings of each. */
    public static List<Setting> of(ReadBy program) {
        if (program == ReadBy.AGENT) {
            return Arrays.stream(values()).filter(setting -> setting.readBy == ReadBy.AGENT || OF_AGENTS_TOO.contains(setting)).toList();
        }
        return Arrays.stream(values())
                .filter(setting -> setting.readBy == program || setting.readBy == ReadBy.BOTH && (program == ReadBy.HEAD || program == ReadBy.WORKER))
                .toList();
    }

    /** The environment variable's name. */
    public String variable() {
        return variable;
    }

    /** What it is about. */
    public Topic topic() {
        return topic;
    }

    /** Who reads it. */
    public ReadBy readBy() {
        return readBy;
    }

    /** What its value is. */
    public Kind kind() {
        return value.kind();
    }

    /** What it does, one or two sentences of Markdown. */
    public String help() {
        return kind() == Kind.FOLLOWED_FILE ? help + " The node reads it again when it changes." : help;
    }

    /**
     * The value that counts where none is set.
     *
     * @throws IllegalStateException when there is no such value; {@link #unset} says what counts then
     */
    public String usual() {
        return value.usual().orElseThrow(() -> new IllegalStateException(variable + " has no usual value"));
    }

    /** Whether there is a value that counts where none is set. */
    public boolean hasUsual() {
        return value.usual().isPresent();
    }

    /** What counts where none is set, in words of Markdown: a value in backticks, or a description. */
    public String unset() {
        return value.unset();
    }

    /** The smallest number it may be. */
    double min() {
        return value.min();
    }

    /** The largest number it may be. */
    double max() {
        return value.max();
    }

    /** A number that would do; the usual one where there is one. */
    public String example() {
        return value.example();
    }

    /** The variable's name, so that a message reads as people type it. */
    @Override
    public String toString() {
        return variable;
    }
}
