package io.bignode.api.mlnode;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.api.mlnode.InferenceServers.Server;
import io.bignode.fixtures.ManualTime;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class InferenceLoadTest {
    private static final Server FIRST = new Server(URI.create("http://first"), "model");
    private static final Server SECOND = new Server(URI.create("http://second"), "model");
    private static final List<Server> BOTH = List.of(FIRST, SECOND);

    private final ManualTime time = new ManualTime();
    private final InferenceLoad load = new InferenceLoad(time);

    @Test
    void theLeastBusyServerIsAsked() {
        assertThat(load.begin(BOTH)).hasValue(FIRST);
        assertThat(load.begin(BOTH)).hasValue(SECOND);
        assertThat(load.begin(BOTH)).hasValue(FIRST);
        load.end(FIRST);
        load.end(FIRST);
        assertThat(load.begin(BOTH)).hasValue(FIRST);
        assertThat(load.begin(List.of())).isEmpty();
    }

    @Test
    void aServerThatFailedIsAskedWhereNoOtherIsAndAgainAfterAWhile() {
        load.failed(FIRST);
        assertThat(load.begin(BOTH)).hasValue(SECOND);
        assertThat(load.begin(BOTH)).hasValue(SECOND);
        assertThat(load.begin(List.of(FIRST))).hasValue(FIRST);
        time.pass(Duration.ofSeconds(6));
        assertThat(load.begin(BOTH)).hasValue(FIRST);
    }
}
