package io.bignode.api.operator;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Shows an operator the workers, and lets one finish or work again. */
public final class WorkerResource {
    private static final System.Logger LOG = System.getLogger(WorkerResource.class.getName());
    private static final String ADMIN = "/api/v1/admin/workers";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final WorkerActions workers;

    public WorkerResource(WorkerActions workers) {
        this.workers = workers;
    }

    public List<Route> routes() {
        return List.of(
                new Route("GET", ADMIN, Route.Credential.OPERATOR, this::list),
                new Route("POST", ADMIN + "/{name}/drain", Route.Credential.OPERATOR, this::drain),
                new Route("POST", ADMIN + "/{name}/admit", Route.Credential.OPERATOR, this::admit));
    }

    private void list(Request request, Reply reply) throws IOException {
        reply.send(new Answer(200, "application/json", Map.of(), JSON.writeValueAsBytes(Map.of("workers", workers.list()))));
    }

    private void drain(Request request, Reply reply) throws ProblemException, IOException {
        boolean done = workers.drain(request.parameter());
        if (done) LOG.log(System.Logger.Level.INFO, "worker {0} is drained by the operator at {1}", request.parameter(), request.address());
        answer(done, "no worker of this name is connected", reply);
    }

    private void admit(Request request, Reply reply) throws ProblemException, IOException {
        boolean done = workers.admit(request.parameter());
        if (done) LOG.log(System.Logger.Level.INFO, "worker {0} is admitted again by the operator at {1}", request.parameter(), request.address());
        answer(done, "no worker of this name is draining or in quarantine", reply);
    }

    private void answer(boolean done, String otherwise, Reply reply) throws ProblemException, IOException {
        if (!done) throw new ProblemException(Problem.notFound(otherwise + "; GET " + ADMIN + " lists the workers and their states"));
        reply.send(new Answer(200, "application/json", Map.of(), JSON.writeValueAsBytes(Map.of("workers", workers.list()))));
    }
}
