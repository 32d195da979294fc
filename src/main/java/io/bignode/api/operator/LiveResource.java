package io.bignode.api.operator;

import io.bignode.http.Answer;
import io.bignode.http.Budget;
import io.bignode.http.EventStream;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Shows viewers the node as it is now, once or second by second. */
public final class LiveResource {
    /** How many streams a viewer may have at a time; others' take none of them. */
    public static final int MAX_STREAMS_OF_VIEWER = 32;

    private static final Duration RETRY = Duration.ofSeconds(5);

    /** A stream ends after this, so that a token which is not right any more shows nothing any more; the viewer's next one is asked for it. */
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private final Sessions sessions;
    private final FleetView fleet;
    private final LiveDocuments documents;
    private final LiveFeed feed;
    private final Budget<Viewer> streams = new Budget<>(MAX_STREAMS_OF_VIEWER);

    public LiveResource(Sessions sessions, FleetView fleet, LiveDocuments documents) {
        this.sessions = sessions;
        this.fleet = fleet;
        this.documents = documents;
        this.feed = new LiveFeed(documents::overview, System::nanoTime);
    }

    public List<Route> routes() {
        return List.of(new Route("GET", "/api/v1/overview", Route.Credential.VIEWER, this::overview));
    }

    /** Ends all streams. */
    public void close() {
        feed.close();
    }

    private void overview(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
        Viewer viewer = Viewer.of(request, fleet, sessions.rules().maxSessions());
        if (!request.wantsEvents()) {
            reply.send(new Answer(200, "application/json", Map.of(), feed.now(viewer).document()));
            return;
        }
        if (!streams.take(viewer))
            throw new ProblemException(Problem.full("as many live streams of yours are open as may be; close one, or ask without Accept: text/event-stream",
                    RETRY));
        try {
            stream(viewer, reply);
        } finally {
            streams.giveBack(viewer);
        }
    }

    private void stream(Viewer viewer, Reply reply) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        try (EventStream events = reply.events()) {
            events.retry(Duration.ofSeconds(2));
            LiveFeed.Snapshot shown = feed.now(viewer);
            // Both of this very moment, so that the viewer can go on from the series with the differences between overviews.
            events.event("series", documents.series(viewer));
            events.event("overview", documents.overview(viewer));
            Optional<LiveFeed.Snapshot> next = feed.after(shown, viewer);
            while (next.isPresent() && System.nanoTime() - begun < LONGEST.toNanos()) {
                events.event("overview", next.get().document());
                next = feed.after(next.get(), viewer);
            }
        }
    }
}
