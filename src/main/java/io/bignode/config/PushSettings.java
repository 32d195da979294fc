package io.bignode.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which hosts found batches may be pushed to.
 *
 * @param hosts     those that may be called back; none turns pushing off
 * @param authority certificates to trust besides the usual ones when such a host is called by https; empty for none
 * @param patience  how long after a session's end vectors and verdicts are pushed that are not taken
 */
public record PushSettings(List<AllowedHost> hosts, Optional<Path> authority, Duration patience) {
    /** Copies the list. */
    public PushSettings {
        hosts = List.copyOf(hosts);
    }

    /** Reads them, and names every entry that is none. */
    static PushSettings read(EnvironmentReader reader) {
        List<AllowedHost> hosts = new ArrayList<>();
        for (String entry : reader.text(Setting.CALLBACK_HOSTS).orElse("").split("[,\\s]+")) {
            if (entry.isEmpty()) continue;
            Optional<AllowedHost> host = AllowedHost.parse(entry);
            host.ifPresent(hosts::add);
            if (host.isEmpty()) {
                reader.fault(Setting.CALLBACK_HOSTS, "holds " + EnvironmentReader.quoted(entry)
                        + "; an entry is a host, host:port, an address or a network, for instance node.example.org:8080 or 10.0.0.0/8");
            }
        }
        return new PushSettings(hosts, authority(reader), patience(reader));
    }

    /** Reads those of a program that is told by its owner alone where to push. */
    static PushSettings readOfAgent(EnvironmentReader reader) {
        return new PushSettings(List.of(), authority(reader), patience(reader));
    }

    private static Duration patience(EnvironmentReader reader) {
        return Duration.ofSeconds(reader.integer(Setting.CALLBACK_SECONDS));
    }

    private static Optional<Path> authority(EnvironmentReader reader) {
        Optional<Path> authority = reader.path(Setting.CALLBACK_CA);
        if (authority.isPresent()) {
            try {
                PemFile.certificates(authority.get());
            } catch (InvalidSettingsException e) {
                reader.faults(e);
            }
        }
        return authority;
    }

    /** Whether nothing may be pushed. */
    public boolean isOff() {
        return hosts.isEmpty();
    }

    /** Whether a URL may name a host and port. */
    public boolean allows(String host, int port) {
        return hosts.stream().anyMatch(entry -> entry.allows(host, port));
    }

    /** Whether an address stands in the list, by itself or in a network. */
    public boolean lists(InetAddress address, int port) {
        return hosts.stream().anyMatch(entry -> entry.lists(address, port));
    }
}
