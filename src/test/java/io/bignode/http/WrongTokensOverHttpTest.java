package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.OTHER_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WrongTokensOverHttpTest {
    private static final String WRONG = "wrong-token-wrong-token";

    @Test
    void anAddressThatSentTooManyWrongTokensIsToldToWaitUnlessItShowsATokenThatWasRight() {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(4), TestNode::tenant)) {
            assertProblem(node.get("/sessions", WRONG), 401);
            assertThat(node.get("/sessions", OTHER_TOKEN).statusCode()).as("one wrong token shuts nobody out").isEqualTo(200);
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
            assertThat(node.get("/sessions", OTHER_TOKEN).statusCode()).as("it was right before").isEqualTo(200);
            assertProblem(node.get("/sessions", ""), 401); // no token is no guess
            assertThat(node.get("//health", "").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aNeighbourWithAWrongTokenBehindTheSameAddressCostsNoPoll() {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(4), TestNode::tenant)) {
            String session = node.start(startBody()).id();
            for (int poll = 0; poll < 12; poll++) {
                for (int i = 0; i < 3; i++) assertThat(node.get("/batches/abc?auth_token=" + WRONG, "").statusCode()).isIn(401, 429);
                assertThat(node.get("/batches/" + session + "?auth_token=" + TOKEN, "").statusCode()).isEqualTo(200);
            }
        }
    }

    @Test
    void aTokenThatWasTakenAwayIsRefusedThoughItWasRightBefore() {
        AtomicBoolean takenAway = new AtomicBoolean();
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(4), token -> takenAway.get() ? Optional.empty() : TestNode.tenant(token))) {
            assertThat(node.get("/sessions", TOKEN).statusCode()).isEqualTo(200);
            for (int i = 0; i < 3; i++) node.get("/sessions", WRONG);
            assertThat(node.get("/sessions", TOKEN).statusCode()).isEqualTo(200);
            takenAway.set(true);
            assertProblem(node.get("/sessions", TOKEN), 401);
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
