package io.bignode.session;

/** Is told how sessions begin and end, with no lock held. */
public interface SessionObserver {
    /** A session was started, durably. */
    void started(String tenant);

    /** A session ended. */
    void ended(String tenant, SessionStatus how);

    /** Counts nothing. */
    SessionObserver NOBODY = new SessionObserver() {
        @Override
        public void started(String tenant) {}

        @Override
        public void ended(String tenant, SessionStatus how) {}
    };
}
