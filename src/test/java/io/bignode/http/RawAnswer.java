package io.bignode.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One answer as it came over the wire.
 *
 * @param status of the status line; 0 where what came is no answer of HTTP/1
 * @param head   status line and headers
 * @param body   without the framing of chunks
 */
record RawAnswer(int status, String head, String body) {

    /**
     * Reads the next answer.
     *
     * @param bodiless whether it answers a HEAD, so that no body follows whatever its headers say
     * @return empty when the connection ended before another answer began
     */
    static Optional<RawAnswer> read(InputStream in, boolean bodiless) throws IOException {
        String head = head(in);
        if (head.isEmpty()) return Optional.empty();
        if (!head.matches("(?s)HTTP/1\\.[01] \\d{3} .*\r\n\r\n")) return Optional.of(new RawAnswer(0, head, ""));
        int status = Integer.parseInt(head.substring(9, 12));
        RawAnswer answer = new RawAnswer(status, head, "");
        if (bodiless || status < 200 || status == 204 || status == 304) return Optional.of(answer);
        return Optional.of(new RawAnswer(status, head, new String(answer.readBody(in), StandardCharsets.UTF_8)));
    }

    /** The values of a header in the order in which they came. */
    List<String> values(String name) {
        return head.lines()
                .skip(1)
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .toList();
    }

    /** Whether a header lists a word. */
    boolean says(String name, String word) {
        return values(name).stream().flatMap(value -> List.of(value.split(",")).stream()).anyMatch(each -> each.strip().equalsIgnoreCase(word));
    }

    private byte[] readBody(InputStream in) throws IOException {
        if (says("Transfer-Encoding", "chunked")) return chunks(in);
        List<String> lengths = values("Content-Length");
        return lengths.isEmpty() ? in.readAllBytes() : in.readNBytes(Integer.parseInt(lengths.getFirst()));
    }

    private static byte[] chunks(InputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int size = size(in); size > 0; size = size(in)) {
            body.write(in.readNBytes(size));
            line(in);
        }
        line(in);
        return body.toByteArray();
    }

    private static int size(InputStream in) throws IOException {
        String line = line(in);
        if (line.isBlank()) throw new IOException("the answer ends in the middle of its chunks");
        return Integer.parseInt(line, 16);
    }

    private static String line(InputStream in) throws IOException {
        return until(in, "\r\n").strip();
    }

    private static String head(InputStream in) throws IOException {
        return until(in, "\r\n\r\n");
    }

    private static String until(InputStream in, String end) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith(end)) {
            int next = in.read();
            if (next < 0) break;
            bytes.write(next);
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }
}
