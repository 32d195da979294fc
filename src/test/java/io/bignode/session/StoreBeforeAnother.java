package io.bignode.session;

import java.util.List;

/** A store that hands everything on to another one. What is to be different is overridden. */
public class StoreBeforeAnother implements UntroubledStore {
    private final SessionStore inner;

    /** @param inner closed with this one */
    protected StoreBeforeAnother(SessionStore inner) {
        this.inner = inner;
    }

    @Override
    public CommitTicket write(List<Change> changes) {
        return inner.write(changes);
    }

    @Override
    public StoreImage load() {
        return inner.load();
    }

    @Override
    public long incarnation() {
        return inner.incarnation();
    }

    @Override
    public FoundPage found(String sessionId, long after, long upTo, int maxBytes) {
        return inner.found(sessionId, after, upTo, maxBytes);
    }

    @Override
    public List<History> history(int limit) {
        return inner.history(limit);
    }

    @Override
    public void close() {
        inner.close();
    }
}
