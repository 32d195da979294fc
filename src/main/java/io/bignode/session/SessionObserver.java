package io.bignode.session;

/** Is told how sessions begin and end, with no lock held. */
public interface SessionObserver {
    /** A session was started, durably. */
    default void started(String tenant) {}

    /** A session ended. */
    default void ended(String tenant, SessionStatus how) {}

    /** An observer that does nothing. */
    SessionObserver NOBODY = new SessionObserver() {};
}
