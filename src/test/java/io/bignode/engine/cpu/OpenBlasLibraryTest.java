package io.bignode.engine.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is said where OpenBLAS cannot be loaded; here it can. */
class OpenBlasLibraryTest {
    private static Throwable asTheLoaderThrowsIt(String reason) {
        UnsatisfiedLinkError last = new UnsatisfiedLinkError("no jniopenblas_nolapack in java.library.path: /usr/lib64:/lib64");
        last.initCause(new UnsatisfiedLinkError(reason));
        UnsatisfiedLinkError first = new UnsatisfiedLinkError("loading failed");
        first.initCause(last);
        return first;
    }

    @Test
    void aGlibcThatIsTooOldIsNamedWithTheOneThatIsNeeded() {
        Throwable failure = asTheLoaderThrowsIt(
                "/data/native/run-1/libopenblas.so.0: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /data/libopenblas.so.0)");

        assertThat(OpenBlasLibrary.reason(failure, Optional.of("2.31"))).startsWith("OpenBLAS needs glibc 2.34, this host has 2.31: ").doesNotContain("\n");
    }

    @Test
    void theNewestThatIsNeededIsNamed() {
        Throwable failure = asTheLoaderThrowsIt("version `GLIBC_2.9' not found (required by a)\nversion `GLIBC_2.14' not found (required by b)");

        assertThat(OpenBlasLibrary.reason(failure, Optional.of("2.5"))).contains("needs glibc 2.14, this host has 2.5");
    }

    @Test
    void anotherFaultIsToldByItsLastCause() {
        Throwable failure = asTheLoaderThrowsIt("libopenblas.so.0: failed to map segment from shared object\nand more");

        assertThat(OpenBlasLibrary.reason(failure, Optional.of("2.36"))).endsWith("libopenblas.so.0: failed to map segment from shared object");
    }

    @Test
    void whereItIsThereNothingIsSaid() {
        assertThat(OpenBlasLibrary.refusal()).isEmpty();
    }
}
