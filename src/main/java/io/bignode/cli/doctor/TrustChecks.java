package io.bignode.cli.doctor;

import io.bignode.cli.terminal.Finding;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.ServerIdentity;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.config.TenantToken;
import io.bignode.config.TlsSettings;
import io.bignode.config.Token;
import io.bignode.config.TokensFile;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Doctor's checks of who is trusted: certificates, tenants' tokens, the join token. */
final class TrustChecks {
    private static final Duration SOON = Duration.ofDays(14);

    private TrustChecks() {}

    /** Runs the checks. */
    static List<Finding> run(Settings settings, Map<String, String> environment) {
        List<Finding> findings = new ArrayList<>();
        if (settings.tls().isPresent()) {
            findings.add(certificate("tls", settings.tls().get(), Instant.now()));
        } else {
            findings.add(Finding.ok("tls", "the API is served without TLS, so that tokens can be read on the network: set " + Setting.TLS_CERT
                    + " and " + Setting.TLS_KEY + ", or use a trusted network"));
        }
        settings.broker().tls().ifPresent(files -> findings.add(certificate("join-tls", files, Instant.now())));
        settings.tokensFile().ifPresent(file -> findings.add(tenants(file)));
        joinToken(settings, environment).ifPresent(findings::add);
        return findings;
    }

    /** Judges a certificate and its key. */
    static Finding certificate(String check, TlsSettings files, Instant now) {
        try {
            ServerIdentity identity = ServerIdentity.read(files, now);
            long days = Duration.between(now, identity.expires()).toDays();
            String described = "the certificate is for " + names(identity.chain().getFirst()) + " and expires in " + days + " days";
            if (Duration.between(now, identity.expires()).compareTo(SOON) < 0) {
                return Finding.warn(check, described + ": renew it; the node reads the files again by itself");
            }
            if (TokensFile.readableByOthers(files.key())) {
                return Finding.warn(check, described + "; other users can read its key: chmod o-r '" + files.key() + "'");
            }
            return Finding.ok(check, described);
        } catch (InvalidSettingsException unusable) {
            return Finding.fail(check, unusable.faults().getFirst().toString());
        }
    }

    private static String names(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            List<String> hosts = new ArrayList<>();
            if (names != null) for (List<?> name : names) hosts.add(String.valueOf(name.get(1)));
            return hosts.isEmpty() ? "no host (clients look for the host among subjectAltName)" : String.join(", ", hosts);
        } catch (CertificateParsingException odd) {
            return "hosts that cannot be read";
        }
    }

    private static Finding tenants(Path file) {
        try {
            List<TenantToken> tokens = TokensFile.read(file);
            String described = file + " holds " + tokens.size() + " tokens of " + tokens.stream().map(TenantToken::name).distinct().count() + " tenants";
            return TokensFile.readableByOthers(file) ? Finding.warn("tenants", described + "; other users can read it: chmod o-r '" + file + "'")
                    : Finding.ok("tenants", described);
        } catch (InvalidSettingsException faulty) {
            return Finding.fail("tenants", faulty.faults().getFirst().toString());
        }
    }

    /** The join token must not be a tenant's token: whoever holds it may drain workers and join as one. */
    private static Optional<Finding> joinToken(Settings settings, Map<String, String> environment) {
        try {
            Optional<Token> join = Settings.operatorToken(environment);
            if (join.isEmpty()) return Optional.empty();
            String fix = "; set another in " + Setting.JOIN_TOKEN + ", or in the file join-token of the data folder: openssl rand -hex 32";
            if (settings.token().matches(join.get().secret())) return Optional.of(Finding.fail("join", "small nodes send the same token as workers" + fix));
            Optional<Path> file = settings.tokensFile();
            TenantToken.HexDigest digest = TenantToken.HexDigest.of(join.get());
            if (file.isPresent() && TokensFile.read(file.get()).stream().anyMatch(token -> token.digest().equals(digest))) {
                return Optional.of(Finding.fail("join", "a tenant sends the same token as workers" + fix));
            }
            return Optional.of(Finding.ok("join", "no small node and no tenant has the join token"));
        } catch (InvalidSettingsException unusable) {
            return Optional.of(Finding.fail("join", unusable.faults().getFirst().toString()));
        }
    }
}
