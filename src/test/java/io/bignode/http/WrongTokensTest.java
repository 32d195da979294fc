package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WrongTokensTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final String RIGHT = "the-token-that-was-right";
    private static final String OTHER = "any-other-token-at-all";
    private final ManualTime time = new ManualTime();
    private final WrongTokens wrong = new WrongTokens(120, time);

    private void wrong(InetAddress from, int times) {
        for (int i = 0; i < times; i++) wrong.wrong(from);
    }

    @Test
    void anAddressIsShutAfterABurstAndOpensAtTheRate() {
        wrong(HERE, 59);
        assertThat(wrong.shutFor(HERE, OTHER)).isEmpty();
        wrong(HERE, 1);
        assertThat(wrong.shutFor(HERE, OTHER)).hasValue(Duration.ofMillis(500));
        time.pass(Duration.ofMillis(499));
        assertThat(wrong.shutFor(HERE, OTHER)).isPresent();
        time.pass(Duration.ofMillis(2));
        assertThat(wrong.shutFor(HERE, OTHER)).isEmpty();
        wrong(HERE, 1);
        assertThat(wrong.shutFor(HERE, OTHER)).isPresent();
    }

    @Test
    void aSmallNodeThatPollsEverySecondWithAWrongTokenShutsNobodyOut() {
        for (int second = 0; second < 3600; second++) {
            wrong(HERE, 1);
            time.pass(Duration.ofSeconds(1));
            assertThat(wrong.shutFor(HERE, OTHER)).isEmpty();
        }
    }

    @Test
    void otherAddressesAreNotShutAndIpv6CountsByItsNetwork() {
        wrong(HERE, 100);
        assertThat(wrong.shutFor(InetAddress.ofLiteral("192.0.2.2"), OTHER)).isEmpty();
        for (int host = 0; host < 60; host++) wrong(InetAddress.ofLiteral("2001:db8:1:2::" + host), 1);
        assertThat(wrong.shutFor(InetAddress.ofLiteral("2001:db8:1:2:ffff::1"), OTHER)).isPresent();
        assertThat(wrong.shutFor(InetAddress.ofLiteral("2001:db8:1:3::1"), OTHER)).isEmpty();
    }

    @Test
    void aTokenThatWasRightFromAShutAddressWithinTheLastHourIsLookedAtAndNoOther() {
        wrong.right(HERE, RIGHT);
        wrong(HERE, 100);
        assertThat(wrong.shutFor(HERE, RIGHT)).isEmpty();
        assertThat(wrong.shutFor(HERE, OTHER)).isPresent();
        assertThat(wrong.shutFor(HERE, RIGHT + "x")).isPresent();
        time.pass(Duration.ofMinutes(59));
        wrong(HERE, 100);
        assertThat(wrong.shutFor(HERE, RIGHT)).isEmpty();
        wrong.right(HERE, RIGHT); // it was looked at, and was right again
        time.pass(Duration.ofMinutes(59));
        wrong(HERE, 100);
        assertThat(wrong.shutFor(HERE, RIGHT)).isEmpty();
        time.pass(Duration.ofMinutes(1));
        wrong(HERE, 100);
        assertThat(wrong.shutFor(HERE, RIGHT)).isPresent();
    }

    @Test
    void whereATokenWasRightHelpsNoOtherAddress() {
        InetAddress elsewhere = InetAddress.ofLiteral("192.0.2.2");
        wrong.right(HERE, RIGHT);
        wrong(elsewhere, 100);
        assertThat(wrong.shutFor(elsewhere, RIGHT)).isPresent();
    }

    @Test
    void aTokenShortEnoughToBeGuessedIsNotLookedAtFromAShutAddress() {
        wrong.right(HERE, "1234567");
        wrong(HERE, 100);
        assertThat(wrong.shutFor(HERE, "1234567")).isPresent();
    }

    @Test
    void onlySoManyRightTokensAreRememberedAndForAnHour() {
        for (int i = 0; i < 10_000; i++) wrong.right(HERE, RIGHT + i);
        assertThat(wrong.rightRemembered()).isEqualTo(4096);
        wrong(HERE, 100);
        assertThat(wrong.shutFor(HERE, RIGHT + 9_999)).isEmpty();
        assertThat(wrong.shutFor(HERE, RIGHT + 0)).isPresent();
        time.pass(Duration.ofHours(1));
        wrong.right(HERE, RIGHT);
        assertThat(wrong.rightRemembered()).isEqualTo(1);
    }

    @Test
    void onlySoManyAddressesAreRememberedAndThoseThatWaitedLongEnoughAreForgotten() {
        for (int i = 0; i < 100_000; i++) wrong(InetAddress.ofLiteral("10." + i / 65536 + "." + i / 256 % 256 + "." + i % 256), 1);
        assertThat(wrong.remembered()).isEqualTo(4096);
        time.pass(Duration.ofMinutes(1));
        wrong(HERE, 1);
        assertThat(wrong.remembered()).isEqualTo(1);
    }

    @Test
    void withoutALimitNothingIsCounted() {
        WrongTokens unlimited = new WrongTokens(0, time);
        for (int i = 0; i < 10_000; i++) unlimited.wrong(HERE);
        unlimited.right(HERE, RIGHT);
        assertThat(unlimited.shutFor(HERE, OTHER)).isEmpty();
        assertThat(unlimited.remembered()).isZero();
        assertThat(unlimited.rightRemembered()).isZero();
    }
}
