package io.bignode.poc;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, as the function and the caches use it to name and to compare. */
public final class Digests {
    /** Bytes hashed at a time: what a {@link ByteBuffer} can span. */
    private static final long STRIDE = 1L << 28;

    private Digests() {}

    /** The first eight hexadecimal digits of the text's SHA-256, as an integer in [0, 2^32). */
    static long leading32Bits(String text) {
        byte[] digest = digest().digest(text.getBytes(StandardCharsets.UTF_8));
        return Integer.toUnsignedLong(ByteBuffer.wrap(digest).getInt());
    }

    /** Lowercase hexadecimal SHA-256 of bytes. */
    public static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /** Lowercase hexadecimal SHA-256 of a segment's bytes. */
    static String sha256(MemorySegment bytes) {
        return HexFormat.of().formatHex(sha256Bytes(bytes));
    }

    /** SHA-256 of a segment's bytes. */
    static byte[] sha256Bytes(MemorySegment bytes) {
        MessageDigest digest = digest();
        for (long at = 0; at < bytes.byteSize(); at += STRIDE) {
            digest.update(bytes.asSlice(at, Math.min(STRIDE, bytes.byteSize() - at)).asByteBuffer());
        }
        return digest.digest();
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
