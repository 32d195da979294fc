package io.bignode.http;

import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.http.Onlooker.Question;
import io.bignode.http.Onlooker.Times;
import io.bignode.session.Session;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Strangers of every kind at once, and a small node that wants its work done. What it waits at most here is generous, as a machine that runs tests is busy
 * with much else; {@code src/bench/strangers.sh} measures it against a process of its own.
 */
@Timeout(120)
class StrangersTest {
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final int TIMES = 60;

    @Test
    void connectionsThatPipelineWithoutAPauseKeepNobodyWaiting() throws Exception {
        int asManyAsCores = Runtime.getRuntime().availableProcessors();
        hold(new StrangerCrowd.Kinds(asManyAsCores, 0, 0, 0, 0));
    }

    @Test
    void aThousandConnectionsThatDoNothingKeepNobodyOut() throws Exception {
        hold(new StrangerCrowd.Kinds(0, 1000, 0, 0, 0));
    }

    @Test
    void strangersOfEveryKindTogetherKeepNobodyWaiting() throws Exception {
        hold(new StrangerCrowd.Kinds(2, 600, 100, 100, 50));
    }

    private static void hold(StrangerCrowd.Kinds kinds) throws Exception {
        try (TestNode node = new TestNode(rules -> rules, TestNode::tenant)) {
            Session session = node.start(startBody());
            node.compute(session, 5);
            InetSocketAddress server = new InetSocketAddress("127.0.0.1", node.server.port());
            List<Question> questions = List.of(
                    new Question("health, a new connection", "/health", "", false),
                    new Question("poll, a new connection", API + "/batch/" + session.id() + "?after=0", TOKEN, false),
                    new Question("poll, a kept connection", API + "/batch/" + session.id() + "?after=0", TOKEN, true));
            try (StrangerCrowd crowd = new StrangerCrowd(server, kinds)) {
                for (Times times : Onlooker.ask(server, questions, PAUSE, TIMES)) assertThat(times.longest()).as("%s", times).isLessThan(MAX_WAIT);
            }
        }
    }
}
