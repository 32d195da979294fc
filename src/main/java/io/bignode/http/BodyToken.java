package io.bignode.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.Optional;

/**
 * Finds the deployed dialect's token in a body that is no sound JSON document, so that its sender can be told what is wrong with it.
 *
 * <p>Such a body is refused whatever follows the first fault, so that it is enough to read as far as that. A token that is given twice is none: which of
 * the two was meant nobody can tell.
 */
final class BodyToken {
    /** The mark that some editors and libraries put before a text. */
    static final String BYTE_ORDER_MARK = "\uFEFF";

    private static final JsonFactory LENIENT = JsonFactory.builder()
            .streamReadConstraints(RequestBody.CONSTRAINTS)
            .configure(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS, true)
            .build();

    private BodyToken() {}

    /** The only {@code auth_token} among an object's own fields that can be read; empty where there is none, or another one, or it is no text. */
    static Optional<String> of(String body) {
        Optional<String> token = Optional.empty();
        try (JsonParser parser = LENIENT.createParser(body.startsWith(BYTE_ORDER_MARK) ? body.substring(1) : body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) return token;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean here = parser.currentName().equals("auth_token");
                JsonToken value = parser.nextToken();
                if (here && (token.isPresent() || value != JsonToken.VALUE_STRING)) return Optional.empty();
                if (here) token = Optional.of(parser.getText());
                parser.skipChildren();
            }
        } catch (IOException e) {
            // The first fault: what was read until then counts.
        }
        return token;
    }
}
