package io.bignode.http;

/** What the server does with requests; it listens before there is anything to serve. */
sealed interface Stage {
    /** The head reads its settings and its store: requests wait. */
    record Starting() implements Stage {}

    /**
     * Another head serves: requests are refused, but an order waits for this head to take over.
     *
     * @param orders the path that orders come to
     */
    record StandingBy(String orders) implements Stage {}

    /** Requests are served. */
    record Serving(RequestPipeline pipeline) implements Stage {}
}
