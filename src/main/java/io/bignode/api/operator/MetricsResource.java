package io.bignode.api.operator;

import io.bignode.http.Answer;
import io.bignode.http.Metering;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import java.io.IOException;
import java.util.Map;

/** Answers a Prometheus server that scrapes. */
public final class MetricsResource {
    private final Metering metering;

    public MetricsResource(Metering metering) {
        this.metering = metering;
    }

    public Route route() {
        return new Route("GET", "/metrics", Route.Credential.VIEWER, this::scrape);
    }

    private void scrape(Request request, Reply reply) throws IOException {
        Metering.Scrape scrape = metering.scrape(request.tenant().name(), request.operator());
        reply.send(new Answer(200, scrape.contentType(), Map.of(), scrape.text()));
    }
}
