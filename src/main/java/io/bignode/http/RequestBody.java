package io.bignode.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads bodies within limits: bytes first, then UTF-8, then JSON of bounded depth. Refusals name a position, never what stands there.
 *
 * <p>A start request has a few hundred bytes. Bodies of {@value #SMALL} and more are read of those alone whose token is known, and of each tenant a few at a
 * time, so that many connections that send large ones together cannot take the memory, nor keep others from sending theirs.
 */
final class RequestBody {
    /** The most bytes a body may have. */
    static final int LIMIT = 1 << 20;

    private static final int SMALL = 1 << 15;
    private static final Budget<String> LARGE = new Budget<>(4);

    /** How large what a body holds may be. */
    static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(32)
            .maxNumberLength(400)
            .maxNameLength(1024)
            .maxStringLength(LIMIT)
            .build();

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(CONSTRAINTS)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private RequestBody() {}

    /**
     * What a body holds.
     *
     * @param json  the document; null where the body is none
     * @param fault why it is none; null where it is one
     * @param token the deployed dialect's token; empty where there is none, or where it cannot be told which
     */
    record Content(@Nullable JsonNode json, @Nullable Problem fault, Optional<String> token) {
        /**
         * The document.
         *
         * @throws ProblemException 422 with what is wrong with the body
         */
        JsonNode document() throws ProblemException {
            if (fault != null) throw new ProblemException(fault);
            return Objects.requireNonNull(json);
        }
    }

    /**
     * Reads a whole body, which should be one JSON document.
     *
     * @param tenant whose token came with its head; empty where the token is in the body, if there is one
     * @throws ProblemException 413 when it is too large, 503 when too many large ones of this tenant are being read
     */
    static Content read(InputStream in, Optional<String> tenant) throws ProblemException, IOException {
        byte[] start = in.readNBytes(SMALL);
        if (start.length < SMALL) return content(start);
        if (tenant.isEmpty()) throw new ProblemException(Problem.tooLarge("a body without a bearer token in the request's head may have less than " + SMALL
                + " bytes"));
        if (!LARGE.take(tenant.get()))
            throw new ProblemException(Problem.unavailable("too many large bodies of yours are being read", Duration.ofSeconds(1)));
        try {
            ByteArrayOutputStream all = new ByteArrayOutputStream(2 * SMALL);
            all.write(start);
            for (byte[] more = in.readNBytes(SMALL); more.length > 0; more = in.readNBytes(SMALL)) {
                if (all.size() + more.length > LIMIT) throw new ProblemException(Problem.tooLarge());
                all.write(more);
            }
            return content(all.toByteArray());
        } finally {
            LARGE.giveBack(tenant.get());
        }
    }

    private static Content content(byte[] bytes) {
        try {
            JsonNode json = parse(decode(bytes));
            return new Content(json, null, Optional.ofNullable(json.get("auth_token")).filter(JsonNode::isTextual).map(JsonNode::textValue));
        } catch (ProblemException e) {
            return new Content(null, e.problem(), BodyToken.of(new String(bytes, StandardCharsets.UTF_8)));
        }
    }

    private static JsonNode parse(String text) throws ProblemException {
        if (text.startsWith(BodyToken.BYTE_ORDER_MARK))
            throw new ProblemException(Problem.invalid("", "begins with a byte order mark; send UTF-8 without one"));
        if (text.isBlank()) throw new ProblemException(Problem.invalid("", "is empty; a JSON object is expected"));
        try {
            return JSON.readTree(text);
        } catch (StreamConstraintsException e) {
            throw new ProblemException(
                    Problem.invalid("", "is nested too deep or holds a name or number that is too long"));
        } catch (JsonProcessingException e) {
            throw new ProblemException(Problem.invalid("", fault(e.getOriginalMessage()) + at(e.getLocation())));
        }
    }

    private static String fault(String message) {
        if (message.startsWith("Duplicate field")) return "gives a field twice";
        return message.startsWith("Non-standard token") ? "holds an infinite or undefined number, which JSON does not have," : "is no valid JSON";
    }

    private static String at(@Nullable JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    // Strict, and UTF-8 alone: Jackson by itself would take UTF-16 and UTF-32 too.
    private static String decode(byte[] bytes) throws ProblemException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer chars = CharBuffer.allocate(bytes.length);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CoderResult result = decoder.decode(in, chars, true);
        if (result.isError()) throw new ProblemException(Problem.invalid("", "is not UTF-8 at byte " + in.position()));
        return chars.flip().toString();
    }
}
