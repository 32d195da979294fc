package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.config.Settings;
import io.bignode.http.HttpRules;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import io.bignode.session.Quiet;
import io.bignode.session.SessionStore;
import io.bignode.session.store.Postgres;
import io.bignode.session.store.SqlStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A head that waits for another one's place. */
@Timeout(120)
@ExtendWith(Quiet.class)
class StandbyTest {
    @TempDir
    Path folder;

    private final Alarms alarms = new Alarms(InstantSource.system());

    @Test
    void aHeadThatStandsByIsLiveButNotReadyAndTakesOverWhenTheOtherIsGone() throws Exception {
        String url = Postgres.database();
        SqlStore other = SqlStore.inPostgres(url, alarms, (_, _) -> {}).orElseThrow();
        Settings settings = Settings.load(Map.of(
                "DELEGATION_AUTH_TOKEN", "a-token-of-the-test-alone",
                "DELEGATION_HOST", "127.0.0.1",
                "DELEGATION_DATA_DIR", folder.toString(),
                "DELEGATION_DB_URL", url));
        assertThat(settings.toString()).doesNotContain(url);
        CompletableFuture<SessionStore> opened = new CompletableFuture<>();
        HttpServer server = HttpServer.listen(HttpRules.of("127.0.0.1", 0, 10));
        int port = server.port();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                opened.complete(HeadStore.open(settings, alarms, server));
            } catch (InterruptedException | RuntimeException e) {
                opened.completeExceptionally(e);
            }
        });
        try (server; HttpClient client = HttpClient.newHttpClient()) {
            assertThat(status(client, port, "/health/live")).isEqualTo(200);
            assertThat(status(client, port, "/health/ready")).isEqualTo(503);
            assertThat(status(client, port, "/health")).isEqualTo(503);
            assertThat(status(client, port, "/api/v1/delegation/batches/some-session?auth_token=x")).as("no 404 and no 401").isEqualTo(503);
            assertThat(opened).isNotDone();
            other.close();
            try (SessionStore store = opened.get(60, TimeUnit.SECONDS)) {
                assertThat(store.load().sessions()).isEmpty();
            }
        }
    }

    private static int status(HttpClient client, int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() == 503) assertThat(response.headers().firstValue("Retry-After")).isPresent();
        return response.statusCode();
    }
}
