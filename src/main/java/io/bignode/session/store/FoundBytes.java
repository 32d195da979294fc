package io.bignode.session.store;

import io.bignode.protocol.Found;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Found nonces as bytes: how many, then each one's nonce, the length of its proof and the proof as UTF-8, then a CRC-32C of all that, so that
 * a disk's error never becomes a wrong proof. Integers are big-endian.
 */
final class FoundBytes {
    private static final int LEAST = 8 + 4;

    private FoundBytes() {}

    static byte[] encode(List<Found> found) {
        List<byte[]> proofs = found.stream().map(result -> result.proof().getBytes(StandardCharsets.UTF_8)).toList();
        ByteBuffer out = ByteBuffer.allocate(8 + proofs.stream().mapToInt(proof -> LEAST + proof.length).sum());
        out.putInt(found.size());
        for (int i = 0; i < proofs.size(); i++) {
            out.putLong(found.get(i).nonce()).putInt(proofs.get(i).length).put(proofs.get(i));
        }
        return out.putInt(crc(out.array(), out.position())).array();
    }

    /**
     * Reads found nonces from their bytes.
     *
     * @throws SQLException when these are not the bytes that were written
     */
    static List<Found> decode(byte[] bytes) throws SQLException {
        int end = bytes.length - 4;
        if (end < 4 || ByteBuffer.wrap(bytes).getInt(end) != crc(bytes, end)) throw damaged();
        ByteBuffer in = ByteBuffer.wrap(bytes, 0, end);
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / LEAST) throw damaged();
        List<Found> found = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            if (in.remaining() < LEAST) throw damaged();
            long nonce = in.getLong();
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) throw damaged();
            found.add(new Found(nonce, new String(bytes, in.position(), length, StandardCharsets.UTF_8)));
            in.position(in.position() + length);
        }
        return found;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static SQLException damaged() {
        return new SQLException("a batch's bytes are not those that were written", Databases.DAMAGED);
    }
}
