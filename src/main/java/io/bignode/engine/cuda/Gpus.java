package io.bignode.engine.cuda;

import io.bignode.engine.Detection.Found;
import io.bignode.engine.Detection;
import io.bignode.engine.Device;
import io.bignode.engine.DeviceException;
import io.bignode.engine.Engine;
import io.bignode.engine.cuda.NativeLibrary.Lookup;
import io.bignode.engine.cuda.NativeLibrary.Places;
import io.bignode.poc.ModelParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The NVIDIA GPUs of this host. */
public final class Gpus {
    /** The kernels use instructions that began with this compute capability. */
    private static final int LEAST_MAJOR = 8;

    private static final String DRIVER_FIX = "install NVIDIA's driver, or give the container its GPUs (docker run --gpus all)";
    private static final String TOOLKIT_FIX =
            "install CUDA 13's or 12's runtime libraries (packages cuda-nvrtc-13-0 and libcublas-13-0), or set CUDA_HOME to where they are";

    private final Detection detection;
    private final List<Engine> engines;

    /**
     * Whether a model can run on a GPU, of this host or another, judged from sizes alone.
     *
     * @return empty when it fits, otherwise the reason
     */
    public static Optional<String> refusal(Device device, ModelParams params) {
        return CudaEngine.refusal(device, params);
    }

    private Gpus(Detection detection, List<Engine> engines) {
        this.detection = detection;
        this.engines = List.copyOf(engines);
    }

    /** Looks for GPUs. Nothing of theirs is touched before an engine is prepared. */
    public static Gpus look(CudaOptions options) {
        return new Search(options).run();
    }

    /** What was found. */
    public Detection detection() {
        return detection;
    }

    /** One for each GPU that is used, not yet prepared. */
    public List<Engine> engines() {
        return engines;
    }

    /** One search: what it has seen so far. */
    private static final class Search {
        private final CudaOptions options;
        private final Places places;
        private final List<String> libraries = new ArrayList<>();
        private Optional<String> driverVersion = Optional.empty();
        private Optional<NativeLibrary> nvml = Optional.empty();

        Search(CudaOptions options) {
            this.options = options;
            this.places = new Places(options.libraries(), options.cudaHome());
        }

        Gpus run() {
            return switch (find(List.of("libcuda.so.1"), DRIVER_FIX)) {
                case Lookup.Missing(String reason) -> none(List.of(), reason);
                case Lookup.Found(NativeLibrary library) -> {
                    try {
                        yield withDriver(new CudaDriver(library));
                    } catch (DeviceException refused) {
                        yield none(List.of(), "the driver answers " + refused.getMessage() + "; nvidia-smi may tell more");
                    }
                }
            };
        }

        private Gpus withDriver(CudaDriver driver) {
            int version = driver.version();
            driverVersion = Optional.of(nvmlVersion() + "CUDA " + version / 1000 + "." + version % 1000 / 10);
            List<Found> gpus = new ArrayList<>();
            for (int i = 0; i < driver.deviceCount(); i++) gpus.add(describe(driver, i));
            if (gpus.isEmpty()) return none(gpus, "the driver shows no GPU; look at CUDA_VISIBLE_DEVICES and nvidia-smi");
            Lookup compiler = find(List.of("libnvrtc.so.13", "libnvrtc.so.12"), TOOLKIT_FIX);
            if (compiler instanceof Lookup.Missing(String reason)) return none(gpus, reason);
            Lookup products = find(List.of("libcublasLt.so.13", "libcublasLt.so.12"), TOOLKIT_FIX);
            if (products instanceof Lookup.Missing(String reason)) return none(gpus, reason);
            return with(gpus, driver, ((Lookup.Found) compiler).library(), ((Lookup.Found) products).library());
        }

        private Gpus with(List<Found> gpus, CudaDriver driver, NativeLibrary compiler, NativeLibrary products) {
            CudaLibraries all = new CudaLibraries(driver, new Nvrtc(compiler), products);
            KernelCache kernels = new KernelCache(all.nvrtc(), options.kernelsFolder());
            List<Engine> engines = new ArrayList<>();
            for (Found gpu : gpus) {
                if (gpu.notUsedBecause().isEmpty()) engines.add(new CudaEngine(all, kernels, gpu, options.capBytes(), CudaEngine.PATIENCE, options.hopperFfn(), gauges(gpu)));
            }
            return new Gpus(new Detection(gpus, driverVersion, libraries, Optional.empty()), engines);
        }

        private GpuGauges gauges(Found gpu) {
            return new GpuGauges(nvml, gpu.uuid());
        }

        private Found describe(CudaDriver driver, int ordinal) {
            int device = driver.device(ordinal);
            int major = driver.attribute(device, CudaDriver.CAPABILITY_MAJOR);
            int minor = driver.attribute(device, CudaDriver.CAPABILITY_MINOR);
            String uuid = driver.uuid(device);
            Optional<String> unused = Optional.empty();
            if (major < LEAST_MAJOR) {
                unused = Optional.of("its compute capability " + major + "." + minor + " is below " + LEAST_MAJOR + ".0");
            } else if (!options.choice().chosen(ordinal, uuid)) {
                unused = Optional.of("DELEGATION_DEVICES does not name it");
            }
            return new Found(
                    ordinal, "cuda:" + ordinal, driver.name(device), driver.totalMemory(device), major + "." + minor, driver.pciBusId(device), uuid, unused);
        }

        /** The driver's own version, which only NVML tells; nothing where that is missing, as nothing else needs it. */
        private String nvmlVersion() {
            if (!(find(List.of("libnvidia-ml.so.1"), DRIVER_FIX) instanceof Lookup.Found(NativeLibrary library))) return "";
            nvml = Optional.of(library);
            try (Nvml open = new Nvml(library)) {
                return open.driverVersion() + ", ";
            } catch (DeviceException refused) {
                System.getLogger(Gpus.class.getName()).log(System.Logger.Level.WARNING, "NVML does not tell the driver''s version: {0}", refused.getMessage());
                return "";
            }
        }

        private Lookup find(List<String> names, String fix) {
            Lookup lookup = NativeLibrary.find(places, names, fix);
            if (lookup instanceof Lookup.Found(NativeLibrary library)) libraries.add(library.name());
            return lookup;
        }

        private Gpus none(List<Found> gpus, String problem) {
            List<Found> unused = gpus.stream().map(gpu -> unused(gpu, problem)).toList();
            return new Gpus(new Detection(unused, driverVersion, libraries, Optional.of(problem)), List.of());
        }

        private static Found unused(Found gpu, String problem) {
            return new Found(
                    gpu.ordinal(), gpu.id(), gpu.name(), gpu.memoryBytes(), gpu.computeCapability(), gpu.pciBusId(), gpu.uuid(),
                    gpu.notUsedBecause().or(() -> Optional.of(problem)));
        }
    }
}
