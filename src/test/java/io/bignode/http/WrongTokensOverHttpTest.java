package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class WrongTokensOverHttpTest {
    private static final String WRONG = "wrong-token-wrong-token";

    @Test
    void anAddressThatSentTooManyWrongTokensIsToldToWaitWhateverItShowsNext() {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(4), TestNode::tenant)) {
            assertProblem(node.get("/sessions", WRONG), 401);
            assertThat(node.get("/sessions", TOKEN).statusCode()).as("one wrong token shuts nobody out").isEqualTo(200);
            assertProblem(node.post("/start", startBody().put("auth_token", WRONG), ""), 401);

            for (HttpResponse<String> shut : new HttpResponse[] {
                node.get("/sessions", WRONG),
                node.get("/sessions", TOKEN),
                node.get("//nowhere", WRONG),
                node.get("/batches/abc?auth_token=" + TOKEN, ""),
                node.post("/start", startBody().put("auth_token", TOKEN), "")
            }) {
                assertProblem(shut, 429);
                assertThat(shut.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(1L, 15L);
                assertThat(shut.body()).doesNotContain(TOKEN).doesNotContain(WRONG);
            }
            assertProblem(node.get("/sessions", ""), 401); // no token is no guess
            assertThat(node.get("//health", "").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void requestsWithoutATokenShutNobodyOut() {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(4), TestNode::tenant)) {
            for (int i = 0; i < 20; i++) assertProblem(node.get("/sessions", ""), 401);
            assertThat(node.get("/sessions", TOKEN).statusCode()).isEqualTo(200);
        }
    }
}
