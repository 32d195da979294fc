package io.bignode.api;

import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** Answers whether the process lives, and whether a session could start now. Nobody needs a token for it. */
public final class HealthResource {
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final IntSupplier devices;
    private final BooleanSupplier closing;
    private final BooleanSupplier ownershipLost;

    /**
     * Health as these three tell it when they are asked.
     *
     * @param devices       how many devices serve
     * @param closing       whether the node is shutting down
     * @param ownershipLost whether another head may have taken the store over
     */
    HealthResource(IntSupplier devices, BooleanSupplier closing, BooleanSupplier ownershipLost) {
        this.devices = devices;
        this.closing = closing;
        this.ownershipLost = ownershipLost;
    }

    void live(Request request, Reply reply) throws IOException {
        reply.send(Answer.ok(json -> json.writeStringField("status", "live")));
    }

    void ready(Request request, Reply reply) throws ProblemException, IOException {
        if (closing.getAsBoolean())
            throw new ProblemException(Problem.unavailable("this node is shutting down; its sessions go on when it is back", RETRY));
        if (ownershipLost.getAsBoolean())
            throw new ProblemException(Problem.unavailable("this node lost its store to another head, which may serve by now", RETRY));
        int serving = devices.getAsInt();
        if (serving == 0) throw new ProblemException(Problem.unavailable("no device works at the moment; the dashboard and bignode doctor tell the operator"
                + " why", RETRY));
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "ready");
            json.writeNumberField("gpu_count", serving);
        }));
    }
}
