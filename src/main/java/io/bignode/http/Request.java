package io.bignode.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.http.Tenants.Tenant;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** One request, as its resource sees it. Used by one thread. */
public final class Request {
    private final String address;
    private final String parameter;
    private final String rest;
    private final boolean wantsHeadAlone;
    private final Query query;
    private final UnaryOperator<String> headers;
    private final Supplier<InputStream> body;
    private @Nullable Tenant tenant;
    private boolean operator;
    private RequestBody.@Nullable Content content;

    /**
     * A request whose tenant is not known yet.
     *
     * @param address   the client's, for the log; of a proxy where one stands between
     * @param parameter what stands at the braces of its route's path
     * @param rest      what follows there, where the route takes whatever follows
     * @param wantsHeadAlone whether the answer is sent without its body
     * @param headers   the values of a header, with commas between them; empty text where there is none
     * @param body      the body's bytes; called once at most
     */
    Request(String address, String parameter, String rest, boolean wantsHeadAlone, Query query, UnaryOperator<String> headers, Supplier<InputStream> body) {
        this.address = address;
        this.headers = headers;
        this.parameter = parameter;
        this.rest = rest;
        this.wantsHeadAlone = wantsHeadAlone;
        this.query = query;
        this.body = body;
    }

    /** The client's address, for the log; of a proxy where one stands between. */
    public String address() {
        return address;
    }

    /** What stands at the braces of its route's path; empty text where there are none. */
    public String parameter() {
        return parameter;
    }

    /** The rest of the path, without a slash before it, where its route takes whatever follows; empty text elsewhere. */
    public String rest() {
        return rest;
    }

    public Query query() {
        return query;
    }

    /** The values of a header, with commas between them; empty text where there is none. */
    public String header(String name) {
        return headers.apply(name);
    }

    /** Whose token came with it. */
    public Tenant tenant() {
        if (tenant == null) throw new IllegalStateException("this route asks for no token");
        return tenant;
    }

    /** Whether a token came with it, on a route that asks for none. */
    public boolean hasTenant() {
        return tenant != null;
    }

    void tenant(Tenant known) {
        tenant = known;
    }

    /** Whether the token that came with it is the operator's. */
    public boolean operator() {
        return operator;
    }

    void operator(boolean is) {
        operator = is;
    }

    /** Whether the client asks for an answer's head alone: then nothing counts as handed out. */
    public boolean wantsHeadAlone() {
        return wantsHeadAlone;
    }

    /** Whether the answer should be a stream of events. */
    public boolean wantsEvents() {
        return !wantsHeadAlone && header("Accept").toLowerCase(Locale.ROOT).contains("text/event-stream");
    }

    /** The id of the last event that the client had of an earlier stream; empty text where it had none. */
    public String lastEventId() {
        return header("Last-Event-ID").strip();
    }

    /** The body as JSON, read on the first call. */
    public JsonNode document() throws ProblemException, IOException {
        return content().document();
    }

    /** The deployed dialect's token in the body; empty where none can be read. What is wrong with a body is told only to those who show a token. */
    public Optional<String> bodyToken() throws ProblemException, IOException {
        return content().token();
    }

    private RequestBody.Content content() throws ProblemException, IOException {
        if (content == null) content = RequestBody.read(body.get(), Optional.ofNullable(tenant).map(Tenant::name));
        return content;
    }

    /** The deployed dialect's token in the query; empty where there is none or more than one. */
    public Optional<String> queryToken() {
        try {
            return query.value("auth_token");
        } catch (ProblemException e) {
            return Optional.empty();
        }
    }
}
