package io.bignode.http;

/** Counts requests, and shows what was counted to who may see it. */
public interface Metering {
    /**
     * The answer to a scrape.
     *
     * @param contentType of the text
     * @param text        written as it is; never changed
     */
    record Scrape(String contentType, byte[] text) {}

    /**
     * Notes that a request was answered, or ended without an answer.
     *
     * @param method of the route; {@code other} where there is none
     * @param route  the route's template; {@code other} where there is none
     * @param status the HTTP status; {@code none} when the connection ended instead, or the server's own refusal of bad HTTP followed
     * @param nanos  how long it took, a poll's wait included
     */
    void answered(String method, String route, String status, long nanos);

    /**
     * Everything that was counted, in Prometheus' text format.
     *
     * @param tenant   who asks
     * @param operator whether it is the operator, who sees everything
     */
    Scrape scrape(String tenant, boolean operator);
}
