package io.bignode.config;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as OpenSSL writes them. */
public final class PemFile {
    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    private record Block(String kind, byte[] bytes) {}

    private PemFile() {}

    /**
     * The certificates of a file, in their order.
     *
     * @throws InvalidSettingsException when it cannot be read or holds none
     */
    public static List<X509Certificate> certificates(Path file) throws InvalidSettingsException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file)) {
            if (block.kind().equals("CERTIFICATE")) certificates.add(certificate(file, block));
        }
        if (certificates.isEmpty()) throw fault(file, "holds no certificate; PEM is expected: -----BEGIN CERTIFICATE-----");
        return List.copyOf(certificates);
    }

    /**
     * The private key of a file: PKCS#8, or the older forms of RSA and EC keys.
     *
     * @param of the public key of its certificate, which tells what kind of key it is
     * @throws InvalidSettingsException when it cannot be read, is encrypted, or is of another kind; no part of the file is repeated
     */
    public static PrivateKey privateKey(Path file, PublicKey of) throws InvalidSettingsException {
        for (Block block : blocks(file)) {
            switch (block.kind()) {
                case "PRIVATE KEY" -> {
                    return key(file, block.bytes(), of);
                }
                case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
                    if (!block.kind().startsWith(of.getAlgorithm())) throw otherKind(file, of);
                    return key(file, pkcs8(of, block.bytes()), of);
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw fault(file, "is encrypted with a password; write it without one: openssl pkey -in KEY -out PLAIN, and chmod 600 PLAIN");
                default -> {} // parameters, certificates: not what is looked for
            }
        }
        throw fault(file, "holds no private key; PEM is expected: -----BEGIN PRIVATE KEY-----");
    }

    private static List<Block> blocks(Path file) throws InvalidSettingsException {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text(file));
        while (matcher.find()) {
            String body = matcher.group(2);
            // Such headers, before an empty line, are how the old forms tell of a password.
            if (body.contains("ENCRYPTED")) {
                blocks.add(new Block("ENCRYPTED PRIVATE KEY", new byte[0]));
                continue;
            }
            try {
                blocks.add(new Block(matcher.group(1), Base64.getMimeDecoder().decode(body.strip())));
            } catch (IllegalArgumentException e) {
                throw fault(file, "holds a " + matcher.group(1) + " that is damaged");
            }
        }
        return blocks;
    }

    private static String text(Path file) throws InvalidSettingsException {
        try {
            if (!Files.isRegularFile(file)) throw fault(file, Files.exists(file) ? "is no regular file" : "does not exist");
            if (Files.size(file) > MAX_BYTES) throw fault(file, "is too large for a certificate or key");
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw fault(file, "does not exist");
        } catch (IOException e) {
            throw fault(file, "cannot be read: " + e.getClass().getSimpleName() + "; the user this node runs as must be allowed to");
        }
    }

    private static X509Certificate certificate(Path file, Block block) throws InvalidSettingsException {
        try {
            Certificate read = CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(block.bytes()));
            return (X509Certificate) read;
        } catch (CertificateException e) {
            throw fault(file, "holds a certificate that is damaged");
        }
    }

    private static PrivateKey key(Path file, byte[] pkcs8, PublicKey of) throws InvalidSettingsException {
        try {
            return KeyFactory.getInstance(of.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException e) {
            throw otherKind(file, of);
        }
    }

    /**
     * The old forms hold what PKCS#8 holds as its key (RFC 5208, 5915); which algorithm and curve it is for stands in the certificate.
     */
    private static byte[] pkcs8(PublicKey of, byte[] key) {
        byte[] info = of.getEncoded();
        int at = headerLength(info, 0);
        int algorithmLength = headerLength(info, at) + contentLength(info, at);
        byte[] algorithm = Arrays.copyOfRange(info, at, at + algorithmLength);
        return der(0x30, concat(new byte[] {2, 1, 0}, algorithm, der(4, key)));
    }

    private static int headerLength(byte[] der, int at) {
        int length = der[at + 1] & 0xff;
        return length < 0x80 ? 2 : 2 + (length & 0x7f);
    }

    private static int contentLength(byte[] der, int at) {
        int length = der[at + 1] & 0xff;
        if (length < 0x80) return length;
        int value = 0;
        for (int i = 0; i < (length & 0x7f); i++) value = value << 8 | der[at + 2 + i] & 0xff;
        return value;
    }

    private static byte[] der(int tag, byte[] content) {
        int length = content.length;
        byte[] header = length < 0x80
                ? new byte[] {(byte) tag, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x83, (byte) (length >> 16), (byte) (length >> 8), (byte) length};
        return concat(header, content);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) all.writeBytes(part);
        return all.toByteArray();
    }

    private static InvalidSettingsException otherKind(Path file, PublicKey of) {
        return fault(file, "holds a key that is damaged or of another kind than its certificate's, which is for " + of.getAlgorithm());
    }

    private static InvalidSettingsException fault(Path file, String message) {
        return new InvalidSettingsException(file.toString(), message);
    }
}
