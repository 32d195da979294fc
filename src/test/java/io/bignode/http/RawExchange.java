package io.bignode.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The answer to bytes that may be no HTTP at all.
 *
 * @param status  of the last answer on the connection; 0 when the server closed it without one
 * @param head    status line and headers, as they came
 * @param body    what followed
 */
record RawExchange(int status, String head, String body) {

    /**
     * Sends bytes and reads one answer.
     *
     * @throws SocketTimeoutException when the server neither answers nor closes the connection
     */
    static RawExchange send(Socket socket, byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
        } catch (IOException e) {
            // refused before it was all sent; the answer may be there none the less
        }
        return read(socket.getInputStream());
    }

    /** Reads one answer from a connection that may go on. */
    static RawExchange read(InputStream in) throws IOException {
        String head = head(in);
        if (!head.startsWith("HTTP/1.1 ")) return new RawExchange(0, head, "");
        int status = Integer.parseInt(head.substring(9, 12));
        int length = head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .map(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
        return new RawExchange(status, head, new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        try {
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) break;
                head.write(next);
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            // reset by the server: what came before counts
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }
}
