package io.bignode.http;

import java.nio.charset.StandardCharsets;

/** Counts nothing, and says who asked. */
public final class NoMetering implements Metering {
    @Override
    public void answered(String method, String route, String status, long nanos) {}

    @Override
    public Scrape scrape(String tenant, boolean operator) {
        return new Scrape("text/plain", ((operator ? "operator " : "tenant ") + tenant).getBytes(StandardCharsets.UTF_8));
    }
}
