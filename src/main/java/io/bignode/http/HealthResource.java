package io.bignode.http;

import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** Whether the process lives, and whether a session could start now; the only answers nobody needs a token for. */
final class HealthResource {
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final IntSupplier devices;
    private final BooleanSupplier closing;

    HealthResource(IntSupplier devices, BooleanSupplier closing) {
        this.devices = devices;
        this.closing = closing;
    }

    void live(Call call, Reply reply) throws IOException {
        reply.send(Answer.ok(json -> json.writeStringField("status", "live")));
    }

    void ready(Call call, Reply reply) throws ProblemException, IOException {
        if (closing.getAsBoolean())
            throw new ProblemException(Problem.unavailable("this node is shutting down", RETRY));
        int serving = devices.getAsInt();
        if (serving == 0) throw new ProblemException(Problem.unavailable("no device works at the moment", RETRY));
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "ready");
            json.writeNumberField("gpu_count", serving);
        }));
    }
}
