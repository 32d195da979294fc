package io.bignode.cli.agent;

import io.bignode.agent.BigNode;
import io.bignode.config.AgentSettings;
import io.bignode.config.InvalidSettingsException;
import io.bignode.node.CommandException;
import io.bignode.node.tls.PinnedTls;
import io.bignode.node.tls.TrustedAuthorities;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/** What the settings of an agent come to. */
final class AgentParts {
    private AgentParts() {}

    /**
     * By what certificates big nodes are known; empty for the system's.
     *
     * @throws CommandException when those that are named cannot be used
     */
    static Optional<SSLContext> trust(AgentSettings settings) {
        if (!settings.fingerprints().isEmpty()) return Optional.of(PinnedTls.context(settings.fingerprints()));
        return settings.authority().map(AgentParts::with);
    }

    private static SSLContext with(Path file) {
        try {
            return TrustedAuthorities.with(file);
        } catch (InvalidSettingsException unusable) {
            throw CommandException.settings(unusable);
        }
    }

    /** The big nodes, in the order in which they are asked. */
    static List<BigNode> bigNodes(AgentSettings settings, Optional<SSLContext> trust) {
        return settings.bigNodes().stream().map(one -> {
            var client = BigNode.client();
            trust.ifPresent(client::sslContext);
            return new BigNode(one.url(), one.token().secret(), client.build());
        }).toList();
    }

    /** Makes the sockets of callbacks by https. */
    static Supplier<SSLSocketFactory> callbackTls(AgentSettings settings) {
        Optional<SSLSocketFactory> given = settings.push().authority().map(file -> with(file).getSocketFactory());
        return () -> given.orElseGet(() -> (SSLSocketFactory) SSLSocketFactory.getDefault());
    }
}
