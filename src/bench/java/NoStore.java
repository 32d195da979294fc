import io.bignode.session.Change;
import io.bignode.session.CommitTicket;
import io.bignode.session.SessionStore;
import io.bignode.session.StoreImage;
import io.bignode.session.StoreObserver;
import java.util.List;
import java.util.Optional;

/** A store that keeps nothing and is never late. */
class NoStore implements SessionStore, CommitTicket {
    @Override
    public StoreImage load() {
        return new StoreImage(List.of(), List.of(), List.of(), List.of());
    }

    @Override
    public long incarnation() {
        return 1;
    }

    @Override
    public CommitTicket write(List<Change> changes) {
        return this;
    }

    @Override
    public boolean await() {
        return true;
    }

    @Override
    public boolean awaitKept() {
        return true;
    }

    @Override
    public void soon() {}

    @Override
    public FoundPage found(String sessionId, long after, long upTo, int maxBytes) {
        return new FoundPage(List.of(), after);
    }

    @Override
    public Optional<String> refusal() {
        return Optional.empty();
    }

    @Override
    public boolean ownershipLost() {
        return false;
    }

    @Override
    public boolean full() {
        return false;
    }

    @Override
    public long pendingBytes() {
        return 0;
    }

    @Override
    public void observe(StoreObserver observer) {}

    @Override
    public List<History> history(int limit) {
        return List.of();
    }

    @Override
    public void close() {}
}
