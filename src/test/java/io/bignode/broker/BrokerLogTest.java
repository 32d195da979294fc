package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class BrokerLogTest {
    private long seconds;
    private final OncePerMinute told = new OncePerMinute(() -> TimeUnit.SECONDS.toNanos(seconds));

    private LogRecord entry(String message) {
        return new LogRecord(Level.WARNING, message);
    }

    private boolean isTold(String message) {
        return BrokerLog.isWorthReading(entry(message), told);
    }

    @Test
    void aKindOfWarningAboutAHostIsToldOnceAMinute() {
        assertThat(isTold("AMQ222208: SSL handshake failed for client from 10.0.0.7:40000: bad certificate")).isTrue();
        assertThat(isTold("AMQ222208: SSL handshake failed for client from 10.0.0.7:40001: bad certificate")).isFalse();
        assertThat(isTold("AMQ222208: SSL handshake failed for client from 10.0.0.8:40000: bad certificate")).isTrue();
        assertThat(isTold("AMQ222208: SSL handshake failed for client from [fe80::1%eth0]:40000: bad certificate")).isTrue();
        assertThat(isTold("AMQ222208: SSL handshake failed for client from [fe80::1%eth0]:40001: bad certificate")).isFalse();
        assertThat(isTold("AMQ222210: storage usage is beyond its limit")).isTrue();
        seconds = 61;
        assertThat(isTold("AMQ222208: SSL handshake failed for client from 10.0.0.7:40002: bad certificate")).isTrue();
    }

    @Test
    void aFailedHandshakeIsPutIntoWords() {
        LogRecord entry = entry("AMQ222208: SSL handshake failed for client from 10.0.0.7:40000");
        entry.setThrown(new IllegalStateException("certificate_unknown"));
        assertThat(BrokerLog.isWorthReading(entry, told)).isTrue();
        assertThat(entry.getMessage())
                .isEqualTo("what connects from 10.0.0.7:40000 to the port for workers ended the TLS handshake: a worker there was given another certificate's"
                        + " fingerprint, or it is no worker (SSL handshake failed for client from 10.0.0.7:40000: certificate_unknown)");
        assertThat(entry.getThrown()).isNull();
    }

    @Test
    void whatIsToldInOurOwnWordsIsNotToldTwice() {
        assertThat(isTold("AMQ222216: Security problem while authenticating: AMQ229031: Unable to validate user")).isFalse();
        assertThat(isTold("AMQ214016: Failed to create netty connection")).isFalse();
        assertThat(isTold("no code at all")).isTrue();
    }

    @Test
    void thatTheBrokerWasStoppedIsNoFaultOfIts() {
        assertThat(isTold("AMQ229257: IDGenerator has been stopped")).isFalse();
    }
}
