package io.bignode.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceIdTest {
    private static final String LONGEST = "a234567890123456789012345678901234567890123456789012345678901234";

    @ParameterizedTest
    @ValueSource(strings = {"local/cpu", "farm-3f2a/cuda:0", "0/0", "a-/a:._-", LONGEST + "/" + LONGEST})
    void namesAreOfSmallLettersDigitsAndAFewMarks(String id) {
        assertThat(DeviceId.of(id).id()).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "/", "farm/", "/cpu", "Farm/cpu", "farm/CPU", "-farm/cpu", "farm/:0", "farm.1/cpu", "farm/cu da", "farm/cpu\n", "färm/cpu", "farm/cpu/0",
        LONGEST + "5/cpu", "farm/" + LONGEST + "5"
    })
    void allElseIsNone(String id) {
        assertThatThrownBy(() -> DeviceId.of(id)).isInstanceOf(IllegalArgumentException.class);
    }
}
