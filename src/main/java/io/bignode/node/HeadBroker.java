package io.bignode.node;

import io.bignode.broker.ArtemisHead;
import io.bignode.broker.BrokerAccess;
import io.bignode.broker.BrokerException;
import io.bignode.broker.Doorkeeper;
import io.bignode.broker.EmbeddedBroker;
import io.bignode.config.BrokerSettings;
import io.bignode.config.ExternalBroker;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Token;
import io.bignode.node.tls.HeadCertificate;
import java.nio.file.Path;
import java.util.Optional;

/** The broker that the settings choose: one in this process, or an external one. */
final class HeadBroker implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(HeadBroker.class.getName());

    private final Optional<EmbeddedBroker> embedded;
    private final BrokerAccess local;

    private HeadBroker(Optional<EmbeddedBroker> embedded, BrokerAccess local) {
        this.embedded = embedded;
        this.local = local;
    }

    /**
     * Starts the broker in this process, or finds the external one, and connects the head to it.
     *
     * @param head        the head's end, not connected yet
     * @param joinToken   what workers of other hosts must show
     * @param certificate what they know the head by; empty where none can join
     * @throws CommandException when that cannot be done
     */
    static HeadBroker open(ArtemisHead head, BrokerSettings settings, Token joinToken, Path dataDir, Optional<HeadCertificate> certificate) {
        try {
            return settings.external().isPresent()
                    ? external(head, settings.external().get())
                    : embedded(head, settings, joinToken, dataDir.resolve("broker"), certificate);
        } catch (BrokerException e) {
            throw CommandException.environment(String.valueOf(e.getMessage()));
        }
    }

    private static HeadBroker external(ArtemisHead head, ExternalBroker broker) throws BrokerException {
        BrokerAccess.External route = new BrokerAccess.External(broker.url());
        BrokerAccess access = new BrokerAccess(route, broker.user(), broker.password().secret());
        head.connect(access, Doorkeeper.NOBODY);
        return new HeadBroker(Optional.empty(), access);
    }

    private static HeadBroker embedded(
            ArtemisHead head, BrokerSettings settings, Token joinToken, Path journal, Optional<HeadCertificate> certificate) throws BrokerException {
        Optional<EmbeddedBroker.Door> door =
                certificate.map(own -> new EmbeddedBroker.Door(settings.host(), settings.port().orElseThrow(), own.context()));
        EmbeddedBroker broker = EmbeddedBroker.start(journal, door, joinToken::matches);
        certificate.ifPresent(own -> announce(own, settings, broker.port()));
        head.connect(broker.head(), broker);
        return new HeadBroker(Optional.of(broker), broker.local());
    }

    private static void announce(HeadCertificate certificate, BrokerSettings settings, int port) {
        LOG.log(System.Logger.Level.INFO, "workers join with: bignode worker --join {0}:{1} --fingerprint {2}",
                settings.host().equals("0.0.0.0") ? "THIS-HOST" : settings.host(), Integer.toString(port), certificate.fingerprint());
    }

    /** The broker in this process; empty with an external one. */
    Optional<EmbeddedBroker> embedded() {
        return embedded;
    }

    /** How the head's own devices connect. */
    BrokerAccess local() {
        return local;
    }

    /** The port workers of other hosts connect to; -1 where there is none. */
    int workerPort() {
        return embedded.map(EmbeddedBroker::port).orElse(-1);
    }

    @Override
    public void close() {
        embedded.ifPresent(EmbeddedBroker::close);
    }
}
