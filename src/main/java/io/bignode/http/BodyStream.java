package io.bignode.http;

import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.BadRequestException;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A body's bytes. Where a body is cut short or its chunks are malformed, Helidon lets runtime exceptions of many kinds out, some with
 * parts of the body in their text; here all of them become one checked exception without any.
 */
final class BodyStream extends InputStream {
    /** The bytes that should follow are no body. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        private Malformed() {
            super("the body ends before its length, or its chunks are malformed");
        }
    }

    private final InputStream body;

    BodyStream(InputStream body) {
        this.body = body;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        try {
            return body.read(bytes, offset, length);
        } catch (CloseConnectionException
                | RequestException
                | BadRequestException
                | UncheckedIOException
                | SocketWriterException e) {
            throw e; // tells what it is by itself
        } catch (RuntimeException e) {
            throw new Malformed();
        }
    }
}
