package io.bignode.http;

/** Counts requests, and shows what was counted to who may see it. */
public interface Metering {
    /**
     * What a scrape answers.
     *
     * @param contentType of the text
     * @param text        written as it is; never changed
     */
    record Scrape(String contentType, byte[] text) {}

    /**
     * A request was dealt with.
     *
     * @param method of the route; {@code other} where there is none
     * @param route  the route's template; {@code other} where there is none
     * @param status the HTTP status; {@code none} when the connection ended instead, or the server's own refusal of bad HTTP followed
     * @param nanos  how long it took, a poll's wait included
     */
    void answered(String method, String route, String status, long nanos);

    /**
     * What was counted.
     *
     * @param tenant   who asks
     * @param operator whether it is the operator, who sees everything
     */
    Scrape scrape(String tenant, boolean operator);
}
