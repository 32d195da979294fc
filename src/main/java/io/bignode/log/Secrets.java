package io.bignode.log;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArraySet;

/** What must not be written. No line should ever hold one; this is the last line of defence, for texts of libraries. Safe for use by several threads. */
final class Secrets {
    /** The shortest secret that is redacted; shorter ones would take words with them that are none. */
    private static final int SHORTEST = 6;

    private static final String BLOT = "[secret]";

    private final CopyOnWriteArraySet<String> known = new CopyOnWriteArraySet<>();

    void add(Collection<String> secrets) {
        secrets.stream().filter(secret -> secret.length() >= SHORTEST).forEach(known::add);
    }

    /** A text in which every secret is redacted. */
    String redacted(String text) {
        String clean = text;
        List<String> longestFirst = known.stream().sorted(Comparator.comparing(String::length).reversed()).toList();
        for (String secret : longestFirst) clean = clean.replace(secret, BLOT);
        return clean;
    }
}
