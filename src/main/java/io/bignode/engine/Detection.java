package io.bignode.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The GPUs of this host, used or not, and why.
 *
 * @param gpus      every GPU the driver shows
 * @param driver    the driver's version and the CUDA version it supports; empty without a driver
 * @param libraries the libraries that were found, by name or path
 * @param problem   why no GPU of this host can be used, and the fix; empty when one can, or all were merely not chosen
 */
public record Detection(List<Found> gpus, Optional<String> driver, List<String> libraries, Optional<String> problem) {
    /** Copies the lists. */
    public Detection {
        gpus = List.copyOf(gpus);
        libraries = List.copyOf(libraries);
    }

    /**
     * The same with some GPUs that are not used after all.
     *
     * @param reasons why, by the GPU's name within the host
     */
    public Detection without(Map<String, String> reasons) {
        List<Found> all = gpus.stream().map(gpu -> reasons.containsKey(gpu.id()) ? gpu.unused(reasons.get(gpu.id())) : gpu).toList();
        return new Detection(all, driver, libraries, problem);
    }

    /**
     * A GPU.
     *
     * @param ordinal           its place among those the driver shows
     * @param id                its name within the host, for instance {@code cuda:0}
     * @param name              what the maker calls it
     * @param memoryBytes       its memory
     * @param computeCapability for instance {@code 9.0}
     * @param pciBusId          where it sits
     * @param uuid              its name for ever
     * @param notUsedBecause    empty when it is used
     */
    public record Found(
            int ordinal, String id, String name, long memoryBytes, String computeCapability, String pciBusId, String uuid, Optional<String> notUsedBecause) {
        /** The same, not used for this reason unless there was one before. */
        public Found unused(String reason) {
            return new Found(ordinal, id, name, memoryBytes, computeCapability, pciBusId, uuid, notUsedBecause.or(() -> Optional.of(reason)));
        }
    }
}
