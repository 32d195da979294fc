package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExcerptTest {
    @Test
    void aTextThatIsTooLongEndsWithAnEllipsisAndWithAWholeCharacter() {
        assertThat(Excerpt.of("x".repeat(500))).isEqualTo("x".repeat(500));
        assertThat(Excerpt.of("x".repeat(1 << 20))).isEqualTo("x".repeat(500) + "…");
        assertThat(Excerpt.of("x".repeat(499) + "😀".repeat(9))).isEqualTo("x".repeat(499) + "…");
    }
}
