package io.bignode.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
import java.io.StringWriter;

/** Takes a value of any kind out of a message as its own JSON text, digit for digit. */
final class JsonText extends StdDeserializer<String> {
    private static final long serialVersionUID = 1L;

    JsonText() {
        super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context) throws IOException {
        // Distances come by the thousand, so that plain numbers are copied without a generator.
        if (parser.currentToken().isNumeric()) return parser.getText();
        if (parser.currentToken() == JsonToken.VALUE_NULL) return context.reportInputMismatch(String.class, "a value is missing");
        StringWriter text = new StringWriter();
        try (JsonGenerator json = parser.getCodec().getFactory().createGenerator(text)) {
            int depth = 0;
            do {
                JsonToken token = parser.currentToken();
                if (token == null) return context.reportInputMismatch(String.class, "a value that does not end");
                if (token.isNumeric()) json.writeNumber(parser.getText());
                else json.copyCurrentEvent(parser);
                if (token.isStructStart()) depth++;
                if (token.isStructEnd()) depth--;
                if (depth > 0) parser.nextToken();
            } while (depth > 0);
        }
        return text.toString();
    }
}
