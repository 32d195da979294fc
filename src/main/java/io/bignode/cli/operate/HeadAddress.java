package io.bignode.cli.operate;

import io.bignode.config.InvalidSettingsException;
import io.bignode.config.PemFile;
import io.bignode.config.Setting;
import io.bignode.node.CommandException;
import io.bignode.node.tls.HeadCertificate;
import io.bignode.node.tls.PinnedTls;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Where the head of this host is reached, by the same settings it serves with, and how a command knows that it is the one. */
public final class HeadAddress implements IDefaultValueProvider {
    /** The URL that a client asks when it is given none. */
    public static final String USUAL = "http://localhost:" + Setting.PORT.usual();

    private static final Set<String> ANYWHERE = Set.of("0.0.0.0", "::", "[::]", "*");

    private final Map<String, String> environment;

    /**
     * The address that these settings give.
     *
     * @param environment the process's environment variables
     */
    public HeadAddress(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** Gives the commands that ask a head its address, where none stands on the command line. */
    public static void complete(CommandLine line, Map<String, String> environment) {
        line.setDefaultValueProvider(new HeadAddress(environment));
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option && option.longestName().equals("--url") ? url().toString() : null;
    }

    /** The host part of the URL at which a client on this machine reaches a head that listens on this address. */
    public static String host(InetAddress listening) {
        String address = listening.getHostAddress();
        if (listening.isAnyLocalAddress() || address.equals("127.0.0.1")) return "localhost";
        return listening instanceof Inet6Address ? "[" + address.replace("%", "%25") + "]" : address; // RFC 6874 for what follows a %
    }

    /** The head's URL. */
    URI url() {
        // A port that is none makes no URL; the settings' own check tells of it.
        String port = text(Setting.PORT).filter(text -> text.matches("[0-9]{1,5}")).orElseGet(Setting.PORT::usual);
        return URI.create((text(Setting.TLS_CERT).isPresent() ? "https" : "http") + "://" + host() + ":" + port);
    }

    /** The address the head listens on, where it listens on one alone. */
    private String host() {
        String host = text(Setting.HOST).filter(text -> text.matches("[0-9A-Za-z.:\\[\\]-]+") && !ANYWHERE.contains(text)).orElse("localhost");
        return host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    }

    /**
     * A client's TLS that trusts the certificate this host's head serves with and no other, whatever name stands in it.
     *
     * @param url whom is to be spoken to
     * @return empty where that is another one than this host's head, or it serves without TLS
     * @throws CommandException when the certificate cannot be read
     */
    public Optional<SSLContext> trust(URI url) {
        Optional<String> certificate = text(Setting.TLS_CERT);
        if (certificate.isEmpty() || !url.resolve("/").equals(url().resolve("/"))) return Optional.empty();
        try {
            return Optional.of(trusting(Path.of(certificate.get())));
        } catch (InvalidSettingsException | InvalidPathException e) {
            throw CommandException.environment("the certificate of this host's head, " + Setting.TLS_CERT + ", cannot be used: " + e.getMessage()
                    + ". Name the head with --url and its authority with --ca");
        }
    }

    /**
     * A client's TLS that trusts the first certificate of a file and no other.
     *
     * @throws InvalidSettingsException when it cannot be read
     */
    public static SSLContext trusting(Path certificates) throws InvalidSettingsException {
        return PinnedTls.context(HeadCertificate.fingerprint(PemFile.certificates(certificates).getFirst()));
    }

    private Optional<String> text(Setting setting) {
        return Optional.ofNullable(environment.get(setting.variable())).map(String::strip).filter(text -> !text.isEmpty());
    }
}
