package io.bignode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SkippedTestsTest {
    @Test
    void reasonsAreSummedUpInOneLine() {
        assertThat(SkippedTests.line(Map.of("no g++", 40, "no nvcc", 49, "no promtool", 40)))
                .isEqualTo("129 tests were skipped: no nvcc x49, no g++ x40, no promtool x40");
        assertThat(SkippedTests.line(Map.of("no g++", 1))).isEqualTo("1 test was skipped: no g++ x1");
    }

    @Test
    void whatStandsAroundAReasonIsLeftAway() {
        assertThat(reason(() -> Assumptions.assumeTrue(false, "no nvcc"))).isEqualTo("no nvcc");
        assertThat(reason(() -> assumeThat(false).as("no nvcc").isTrue())).isEqualTo("no nvcc");
    }

    private static String reason(Runnable assumption) {
        return SkippedTests.oneLine(catchThrowable(assumption::run).getMessage());
    }
}
