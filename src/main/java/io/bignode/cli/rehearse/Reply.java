package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;

/**
 * What became of one call.
 *
 * @param status the HTTP status; 0 where no answer came
 * @param body   the answer's document; missing where it is none
 * @param reason why no answer came, or what the server says of a refusal; empty where it says nothing
 * @param took   from the call to its answer
 */
record Reply(int status, JsonNode body, String reason, Duration took) {
    /** Nothing was asked. */
    static final Reply NONE = new Reply(0, MissingNode.getInstance(), "", Duration.ZERO);

    /** Whether it was answered as asked. */
    boolean ok() {
        return status == 200;
    }

    /** Whether it was never called. */
    boolean isNone() {
        return equals(NONE);
    }

    /** A field's text; empty where there is none. */
    String text(String field) {
        return body.path(field).isTextual() ? body.path(field).textValue() : "";
    }

    /** Why it was not answered as asked, in a few words. */
    String refusal() {
        if (status == 0) return reason;
        return reason.isEmpty() ? "HTTP status " + status : status + ", " + reason;
    }
}
