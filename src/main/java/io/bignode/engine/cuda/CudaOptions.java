package io.bignode.engine.cuda;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How GPUs are looked for and used.
 *
 * @param libraries     the only folder to look for CUDA's libraries in, where one is given
 * @param environments  toolkits, virtual environments and conda environments to look in after the loader's own path
 * @param choice        which GPUs to use
 * @param capBytes      the most memory to take of each
 * @param kernelsFolder where compiled kernels are kept
 * @param ownFfn        where our own feed-forward kernel is used
 * @param selfTest      whether a GPU has to prove itself each time it is opened
 * @param tuning        what is measured while a GPU is idle; empty for nothing
 * @param hopeless      called when a lost GPU could not be opened anew several times, so that only a new process can use it
 */
public record CudaOptions(
        Optional<Path> libraries, List<Path> environments, GpuChoice choice, long capBytes, Path kernelsFolder, OwnFfn ownFfn, boolean selfTest,
        Optional<Tuning> tuning, Runnable hopeless) {
    /** Copies the list. */
    public CudaOptions {
        environments = List.copyOf(environments);
    }

    /** Which GPUs to use. */
    @FunctionalInterface
    public interface GpuChoice {
        /** Whether the GPU at this place, of this uuid, is to be used. */
        boolean chosen(int ordinal, String uuid);
    }
}
