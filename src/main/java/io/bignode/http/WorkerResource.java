package io.bignode.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Shows an operator the workers, and lets one finish or work again. */
final class WorkerResource {
    private static final System.Logger LOG = System.getLogger(WorkerResource.class.getName());
    private static final String ADMIN = "/api/v1/admin/workers";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Workers workers;

    WorkerResource(Workers workers) {
        this.workers = workers;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", ADMIN, Route.Credential.OPERATOR, this::list),
                new Route("POST", ADMIN + "/{name}/drain", Route.Credential.OPERATOR, this::drain),
                new Route("POST", ADMIN + "/{name}/admit", Route.Credential.OPERATOR, this::admit));
    }

    private void list(Call call, Reply reply) throws IOException {
        reply.send(new Answer(200, "application/json", Map.of(), JSON.writeValueAsBytes(Map.of("workers", workers.list()))));
    }

    private void drain(Call call, Reply reply) throws ProblemException, IOException {
        boolean done = workers.drain(call.sessionId());
        if (done) LOG.log(System.Logger.Level.INFO, "worker {0} is drained by the operator at {1}", call.sessionId(), call.address());
        answer(done, "there is no such worker connected", reply);
    }

    private void admit(Call call, Reply reply) throws ProblemException, IOException {
        boolean done = workers.admit(call.sessionId());
        if (done) LOG.log(System.Logger.Level.INFO, "worker {0} is admitted again by the operator at {1}", call.sessionId(), call.address());
        answer(done, "no such worker drains or is kept out", reply);
    }

    private void answer(boolean done, String otherwise, Reply reply) throws ProblemException, IOException {
        if (!done) throw new ProblemException(Problem.notFound(otherwise + "; GET " + ADMIN + " lists them"));
        reply.send(new Answer(200, "application/json", Map.of(), JSON.writeValueAsBytes(Map.of("workers", workers.list()))));
    }
}
