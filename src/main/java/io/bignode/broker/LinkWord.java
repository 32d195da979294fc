package io.bignode.broker;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a worker says about its link alone, in a message without a body. */
enum LinkWord {
    /** It ends now, as the worker stops. */
    GOODBYE,

    /** Whether a worker of this name and version would be taken in; nobody joins by asking. */
    INQUIRY;

    /** As a message bears it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Reads it; empty when it is not known, as one of a newer worker is not. */
    static Optional<LinkWord> of(String word) {
        return Arrays.stream(values()).filter(value -> value.word().equals(word)).findFirst();
    }
}
