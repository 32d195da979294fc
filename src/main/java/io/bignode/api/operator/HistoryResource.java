package io.bignode.api.operator;

import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Query;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import io.bignode.session.SessionStore.History;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Shows viewers what was done in each epoch. */
public final class HistoryResource {
    private static final System.Logger LOG = System.getLogger(HistoryResource.class.getName());
    private static final int USUAL = 1000;
    private static final int MOST = 10_000;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Sessions sessions;
    private final FleetView fleet;

    public HistoryResource(Sessions sessions, FleetView fleet) {
        this.sessions = sessions;
        this.fleet = fleet;
    }

    public List<Route> routes() {
        return List.of(new Route("GET", "/api/v1/history", Route.Credential.VIEWER, this::history));
    }

    private void history(Request request, Reply reply) throws ProblemException, IOException {
        int limit = limit(request.query());
        String format = request.query().value("format").orElse("json");
        if (!format.equals("json") && !format.equals("csv")) throw new ProblemException(Problem.invalid("format", "must be json or csv"));
        Viewer viewer = Viewer.of(request, fleet, sessions.rules().maxSessions());
        List<History> lines = lines(viewer, limit);
        if (format.equals("csv")) {
            Map<String, String> attachment = Map.of("Content-Disposition", "attachment; filename=\"bignode-history.csv\"");
            reply.send(new Answer(200, "text/csv; charset=utf-8", attachment, EpochHistory.csv(lines, viewer.all())));
        } else {
            byte[] document = LiveDocuments.json(Map.of("epochs", EpochHistory.epochs(lines, viewer.all())));
            reply.send(new Answer(200, "application/json", Map.of(), document));
        }
    }

    /** The newest lines; an epoch that would be cut is left out whole, unless it is the only one, so that sums are right. */
    private List<History> lines(Viewer viewer, int limit) throws ProblemException {
        List<History> all;
        try {
            all = sessions.history(viewer.all() ? limit + 1 : MOST);
        } catch (StoreException e) {
            LOG.log(System.Logger.Level.WARNING, "the history cannot be read: {0}", e.getMessage());
            throw new ProblemException(Problem.unavailable("the history cannot be read from the store at the moment; nothing of it is lost", RETRY));
        }
        List<History> lines = new ArrayList<>(all.stream().filter(line -> viewer.tenants().test(line.tenant())).toList());
        if (lines.size() <= limit) return lines;
        var cut = lines.get(limit).epoch();
        List<History> whole = lines.subList(0, limit).stream().filter(line -> !line.epoch().equals(cut)).toList();
        return whole.isEmpty() ? lines.subList(0, limit) : whole;
    }

    private static int limit(Query query) throws ProblemException {
        Optional<String> text = query.value("limit");
        if (text.isEmpty()) return USUAL;
        if (NUMBER.matcher(text.get()).matches()) {
            int limit = Integer.parseInt(text.get());
            if (limit >= 1 && limit <= MOST) return limit;
        }
        throw new ProblemException(Problem.invalid("limit", "must be a number of lines from 1 to " + MOST));
    }
}
