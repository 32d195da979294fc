package io.bignode.delivery;

import io.bignode.session.Batches;
import io.bignode.session.Session;

/** Writes what was found as the document that is pushed. */
@FunctionalInterface
public interface BatchBody {
    /** A proof batch of everything found, as JSON. */
    byte[] of(Session session, Batches batches);
}
