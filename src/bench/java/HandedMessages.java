import io.bignode.protocol.HeadSide;
import io.bignode.protocol.WorkerMessage;
import java.time.Duration;
import java.util.List;

/** The broker's side of benchmarks that hand the leases what devices say: nothing is received, and no worker may be sent away. */
abstract class HandedMessages implements HeadSide {
    @Override
    public List<WorkerMessage> receive(Duration wait) {
        throw new AssertionError("the leases are handed what they are to handle");
    }

    /** Whatever is handled next looks at what became of sessions. Checkouts of before, beside which benchmarks run, do not have it. */
    @SuppressWarnings("MissingOverride")
    public void wake() {}

    @Override
    public void acknowledge() {
        throw new AssertionError("nothing is received");
    }

    @Override
    public void quarantine(String worker, String reason) {
        throw new AssertionError(worker + " is in quarantine: " + reason);
    }

    @Override
    public void admit(String worker) {}
}
