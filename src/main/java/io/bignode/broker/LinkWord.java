package io.bignode.broker;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A message of a worker about its link alone; it has no body. */
enum LinkWord {
    /** The link ends now, as the worker stops. */
    GOODBYE,

    /** Whether a worker of this name and version would be taken in; nobody joins by asking. */
    INQUIRY;

    /** The word as a message holds it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads a word; empty when it is unknown, as one of a newer worker is. */
    static Optional<LinkWord> of(String word) {
        return Arrays.stream(values()).filter(value -> value.word().equals(word)).findFirst();
    }
}
