package io.bignode.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads typed fields of a JSON object and collects every fault instead of stopping at the first. A faulty field reads as a harmless value in
 * its range, so that the checks after it can go on; the caller must not use what it read unless {@link #check()} passed.
 */
public final class JsonFields {
    private static final int MAX_FAULTS = 100;

    private final JsonNode object;
    private final String prefix;
    private final List<Fault> faults;

    private JsonFields(JsonNode object, String prefix, List<Fault> faults) {
        this.object = object;
        this.prefix = prefix;
        this.faults = faults;
    }

    /**
     * Reads the fields of a document.
     *
     * @param document the document's root
     * @throws InvalidDocumentException when it is not a JSON object
     */
    public static JsonFields of(JsonNode document) throws InvalidDocumentException {
        if (!document.isObject()) {
            throw new InvalidDocumentException(List.of(new Fault("", "must be a JSON object, not " + kind(document))));
        }
        return new JsonFields(document, "", new ArrayList<>());
    }

    /** The object under {@code name}, its faults collected here; an empty one when it is absent or no object. */
    public JsonFields object(String name) {
        JsonNode value = object.get(name);
        if (value == null || !value.isObject()) {
            fault(name, value == null ? "is required" : "must be an object, not " + kind(value));
            value = JsonNodeFactory.instance.objectNode();
        }
        return new JsonFields(value, prefix + name + ".", faults);
    }

    /** A required integer in {@code [min, max]}. */
    public long integer(String name, long min, long max) {
        return integer(name, min, max, null);
    }

    /** An integer in {@code [min, max]}; {@code absent} where the field is missing, required where that is null. */
    public long integer(String name, long min, long max, @Nullable Long absent) {
        JsonNode value = object.get(name);
        if (value == null) {
            if (absent == null) {
                fault(name, "is required");
                return min;
            }
            return absent;
        }
        if (!value.isIntegralNumber()) {
            fault(name, "must be an integer, not " + kind(value));
            return min;
        }
        BigInteger exact = value.bigIntegerValue();
        if (exact.compareTo(BigInteger.valueOf(min)) < 0 || exact.compareTo(BigInteger.valueOf(max)) > 0) {
            fault(name, "must be between " + min + " and " + max);
            return min;
        }
        return exact.longValue();
    }

    /** A finite number in {@code (above, max]}, or {@code [above, max]} when {@code closed}; {@code absent} as for integers. */
    public double number(String name, double above, boolean closed, double max, @Nullable Double absent) {
        JsonNode value = object.get(name);
        if (value == null) {
            if (absent == null) {
                fault(name, "is required");
                return max;
            }
            return absent;
        }
        if (!value.isNumber()) {
            fault(name, "must be a number, not " + kind(value));
            return max;
        }
        double number = value.doubleValue();
        boolean inside = (closed ? number >= above : number > above) && number <= max;
        if (!inside) {
            fault(name, "must be " + (closed ? "at least " : "greater than ") + above + " and at most " + max);
            return max;
        }
        return number;
    }

    /** A required finite number above 0. */
    public double positive(String name) {
        JsonNode value = object.get(name);
        if (value == null) {
            fault(name, "is required");
        } else if (!value.isNumber()) {
            fault(name, "must be a number, not " + kind(value));
        } else if (!(value.doubleValue() > 0 && Double.isFinite(value.doubleValue()))) {
            fault(name, "must be greater than 0 and finite");
        } else {
            return value.doubleValue();
        }
        return 1;
    }

    /** A required text of {@code 1..maxLength} characters without unpaired surrogates. */
    public String text(String name, int maxLength) {
        JsonNode value = object.get(name);
        if (value == null) {
            fault(name, "is required");
            return "";
        }
        if (!value.isTextual()) {
            fault(name, "must be a text, not " + kind(value));
            return "";
        }
        String text = value.textValue();
        if (text.isEmpty() || text.length() > maxLength) {
            fault(name, "must have 1 to " + maxLength + " characters");
        } else if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            fault(name, "must not hold unpaired surrogates");
        }
        return text;
    }

    /** A boolean; {@code absent} where the field is missing. */
    public boolean flag(String name, boolean absent) {
        JsonNode value = object.get(name);
        if (value == null) {
            return absent;
        }
        if (!value.isBoolean()) {
            fault(name, "must be true or false, not " + kind(value));
        }
        return value.booleanValue();
    }

    /** The field as it stands, or null where it is missing. */
    public @Nullable JsonNode raw(String name) {
        return object.get(name);
    }

    /** All fields as they stand. */
    public Set<Map.Entry<String, JsonNode>> properties() {
        return object.properties();
    }

    /** Notes a fault of the field {@code name}. Of very many, as a long array can have, the first are kept. */
    public void fault(String name, String message) {
        if (faults.size() < MAX_FAULTS) {
            faults.add(new Fault(prefix + name, message));
        } else if (faults.size() == MAX_FAULTS) {
            faults.add(new Fault("", "has more faults than these " + MAX_FAULTS));
        }
    }

    /** Whether nothing was wrong so far. */
    public boolean clean() {
        return faults.isEmpty();
    }

    /**
     * Ends the reading.
     *
     * @throws InvalidDocumentException with every fault, if there was one
     */
    public void check() throws InvalidDocumentException {
        if (!faults.isEmpty()) {
            throw new InvalidDocumentException(faults);
        }
    }

    private static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a text";
            case NUMBER -> value.isIntegralNumber() ? "an integer" : "a fraction";
            case BOOLEAN -> "a boolean";
            case NULL -> "null";
            case BINARY, MISSING, POJO -> "nothing";
        };
    }
}
