package io.bignode.http;

import java.io.IOException;
import java.util.Map;

/** Answers a Prometheus server that scrapes. */
final class MetricsResource {
    private final Metering metering;

    MetricsResource(Metering metering) {
        this.metering = metering;
    }

    Route route() {
        return new Route("GET", "/metrics", Route.Credential.VIEWER, this::scrape);
    }

    private void scrape(Call call, Reply reply) throws IOException {
        Metering.Scrape scrape = metering.scrape(call.tenant().name(), call.operator());
        reply.send(new Answer(200, scrape.contentType(), Map.of(), scrape.text()));
    }
}
