package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.ManualTime;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WrongTokensTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private final ManualTime time = new ManualTime();
    private final WrongTokens wrong = new WrongTokens(120, time);

    private void note(InetAddress from, int times) {
        for (int i = 0; i < times; i++) wrong.note(from);
    }

    @Test
    void anAddressIsShutAfterABurstAndOpensAtTheRate() {
        note(HERE, 59);
        assertThat(wrong.shutFor(HERE)).isEmpty();
        note(HERE, 1);
        assertThat(wrong.shutFor(HERE)).hasValue(Duration.ofMillis(500));
        time.pass(Duration.ofMillis(499));
        assertThat(wrong.shutFor(HERE)).isPresent();
        time.pass(Duration.ofMillis(2));
        assertThat(wrong.shutFor(HERE)).isEmpty();
        note(HERE, 1);
        assertThat(wrong.shutFor(HERE)).isPresent();
    }

    @Test
    void aSmallNodeThatPollsEverySecondWithAWrongTokenShutsNobodyOut() {
        for (int second = 0; second < 3600; second++) {
            note(HERE, 1);
            time.pass(Duration.ofSeconds(1));
            assertThat(wrong.shutFor(HERE)).isEmpty();
        }
    }

    @Test
    void otherAddressesAreNotShutAndIpv6CountsByItsNetwork() {
        note(HERE, 100);
        assertThat(wrong.shutFor(InetAddress.ofLiteral("192.0.2.2"))).isEmpty();
        for (int host = 0; host < 60; host++) note(InetAddress.ofLiteral("2001:db8:1:2::" + host), 1);
        assertThat(wrong.shutFor(InetAddress.ofLiteral("2001:db8:1:2:ffff::1"))).isPresent();
        assertThat(wrong.shutFor(InetAddress.ofLiteral("2001:db8:1:3::1"))).isEmpty();
    }

    @Test
    void onlySoManyAddressesAreRememberedAndThoseThatWaitedLongEnoughAreForgotten() {
        for (int i = 0; i < 100_000; i++) note(InetAddress.ofLiteral("10." + i / 65536 + "." + i / 256 % 256 + "." + i % 256), 1);
        assertThat(wrong.remembered()).isEqualTo(4096);
        time.pass(Duration.ofMinutes(1));
        note(HERE, 1);
        assertThat(wrong.remembered()).isEqualTo(1);
    }

    @Test
    void withoutALimitNothingIsCounted() {
        WrongTokens unlimited = new WrongTokens(0, time);
        for (int i = 0; i < 10_000; i++) unlimited.note(HERE);
        assertThat(unlimited.shutFor(HERE)).isEmpty();
        assertThat(unlimited.remembered()).isZero();
    }
}
