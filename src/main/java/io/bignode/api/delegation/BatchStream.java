package io.bignode.api.delegation;

import io.bignode.delivery.Delivery.StreamWriter;
import io.bignode.http.EventStream;
import io.bignode.http.Reply;
import io.bignode.session.Batches;
import io.bignode.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A session's batches as events: each is the document a poll would have got, its id the cursor. It begins with the first that is written. */
final class BatchStream implements StreamWriter, AutoCloseable {
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final BatchesAnswer answers;
    private final Session session;
    private final Reply reply;
    private @Nullable EventStream events;

    /** A stream of which nothing is written yet. */
    BatchStream(BatchesAnswer answers, Session session, Reply reply) {
        this.answers = answers;
        this.session = session;
        this.reply = reply;
    }

    @Override
    public void beat() throws IOException {
        begun().comment();
    }

    @Override
    public void write(Batches batches) throws IOException {
        begun().event("batches", OptionalLong.of(batches.cursor()), answers.of(session, batches).body());
    }

    private EventStream begun() throws IOException {
        EventStream open = events;
        if (open == null) {
            open = reply.events();
            events = open;
            open.retry(RETRY);
        }
        return open;
    }

    /** Ends the stream in an orderly way; nothing happens where it did not begin. */
    @Override
    public void close() throws IOException {
        if (events != null) events.close();
    }
}
