package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.broker.WorkerLinks.Answer.Ended;
import io.bignode.broker.WorkerLinks.Answer.NameTaken;
import io.bignode.broker.WorkerLinks.Answer.TakenIn;
import io.bignode.broker.WorkerLinks.End;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkerLinksTest {
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    private final WorkerLinks links = new WorkerLinks(InstantSource.fixed(NOW));
    private final Set<String> open = new HashSet<>();
    private final String first = opened();
    private final String second = opened();

    private String opened() {
        String link = Addresses.newLink("farm");
        open.add(link);
        return link;
    }

    private WorkerLinks.Answer hello(String link, String process) {
        return links.hello("farm", link, process, open::contains);
    }

    @Test
    void aProcessReplacesItsOwnLinkAtOnce() {
        assertThat(hello(first, "p")).isEqualTo(new TakenIn(Optional.empty()));
        assertThat(hello(first, "p")).as("it introduces itself again").isEqualTo(new TakenIn(Optional.empty()));
        assertThat(hello(second, "p")).isEqualTo(new TakenIn(Optional.of(first)));
        assertThat(links.ended(first)).as("it does not count any more").isEmpty();
        assertThat(links.of("farm")).hasValue(second);
    }

    @Test
    void anotherProcessWaitsUntilTheFirstOnesLinkEnds() {
        hello(first, "p");
        assertThat(hello(second, "q")).isEqualTo(new NameTaken(first, NOW));
        assertThat(links.of("farm")).hasValue(first);
        assertThat(links.ended(first)).hasValue(new End("farm", Optional.of(second)));
        assertThat(hello(second, "q")).isEqualTo(new TakenIn(Optional.empty()));
    }

    @Test
    void whoLeftTheLineIsNotAskedIn() {
        hello(first, "p");
        hello(second, "q");
        assertThat(links.ended(second)).isEmpty();
        assertThat(links.ended(first)).hasValue(new End("farm", Optional.empty()));
    }

    @Test
    void aLinkWhoseEndNobodyNoticedKeepsNobodyOut() {
        hello(first, "p");
        open.remove(first);
        assertThat(hello(second, "q")).isEqualTo(new TakenIn(Optional.of(first)));
    }

    @Test
    void aHelloThatOutlivedItsLinkIsNoWorker() {
        open.remove(first);
        assertThat(hello(first, "p")).isEqualTo(new Ended());
        assertThat(links.of("farm")).isEmpty();
    }

    @Test
    void aLinkThatEndsWhileTheBrokerIsAskedAboutItKeepsNobodyOut() {
        hello(first, "p");
        assertThat(links.hello("farm", second, "q", link -> {
            links.ended(first);
            return true;
        })).isEqualTo(new TakenIn(Optional.empty()));
    }

    @Test
    void whoAsksIsToldWhoHasTheName() {
        assertThat(links.holder("farm", second, open::contains)).isEmpty();
        hello(first, "p");
        assertThat(links.holder("farm", second, open::contains)).hasValue(new NameTaken(first, NOW));
        open.remove(first);
        assertThat(links.holder("farm", second, open::contains)).isEmpty();
    }
}
