package io.bignode.engine.cuda;

import io.bignode.engine.Detection.Found;
import io.bignode.engine.Detection;
import io.bignode.engine.Device;
import io.bignode.engine.DeviceException;
import io.bignode.engine.Engine;
import io.bignode.engine.cuda.NativeLibrary.Lookup;
import io.bignode.engine.cuda.NativeLibrary.Places;
import io.bignode.poc.ModelParams;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The NVIDIA GPUs of this host. */
public final class Gpus {
    /** The kernels use instructions that began with this compute capability. */
    private static final int MIN_MAJOR = 8;

    private static final String DRIVER_FIX = "install NVIDIA's driver, or give the container its GPUs (docker run --gpus all)";
    private static final String TOOLKIT_FIX =
            "pip install nvidia-cublas nvidia-cuda-nvrtc into a virtual environment and start the node with it active, or install NVIDIA's packages"
                    + " cuda-nvrtc-13-0 and libcublas-13-0, or Debian's and Ubuntu's libnvrtc12 and libcublaslt12; where they are elsewhere, set"
                    + " DELEGATION_CUDA_LIBRARIES to their folder";

    /** The oldest version of CUDA whose libraries have what is called. */
    private static final int MIN_CUDA = 12;

    private static final int NEWEST_CUDA = 13;

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
        return look(options, true);
    }

    /**
     * The same.
     *
     * @param loader whether the driver is looked for on the loader's path; where not, it has to be in the folder that the options name
     */
    static Gpus look(CudaOptions options, boolean loader) {
        return new Search(options, loader).run();
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
        private final boolean loader;
        private final List<String> libraries = new ArrayList<>();
        private final List<Path> folders = new ArrayList<>();
        private Optional<String> driverVersion = Optional.empty();
        private Optional<NativeLibrary> nvml = Optional.empty();

        Search(CudaOptions options, boolean loader) {
            this.options = options;
            this.loader = loader;
        }

        Gpus run() {
            return switch (ofTheDriver("libcuda.so.1")) {
                case Lookup.Missing(String reason) -> none(List.of(), reason + ": " + DRIVER_FIX);
                case Lookup.Found(NativeLibrary library) -> {
                    libraries.add(library.name());
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
            if (version < 1000 * MIN_CUDA) {
                return none(gpus, "the driver supports CUDA " + version / 1000 + "." + version % 1000 / 10 + ", and CUDA " + MIN_CUDA
                        + " is needed: install a driver of version 525 or newer");
            }
            List<String> problems = new ArrayList<>();
            // A driver runs the libraries of its own major version and of older ones; both have to be of the same, as a host may have several.
            for (int major = Math.min(version / 1000, NEWEST_CUDA); major >= MIN_CUDA; major--) {
                Lookup compiler = ofCuda("libnvrtc.so." + major);
                Lookup products = ofCuda("libcublasLt.so." + major);
                if (compiler instanceof Lookup.Found(NativeLibrary nvrtc) && products instanceof Lookup.Found(NativeLibrary cublasLt)) {
                    libraries.add(nvrtc.name());
                    libraries.add(cublasLt.name());
                    return with(gpus, driver, nvrtc, cublasLt);
                }
                for (Lookup lookup : List.of(compiler, products)) {
                    if (lookup instanceof Lookup.Missing(String reason)) problems.add(reason);
                }
            }
            if (version / 1000 < NEWEST_CUDA && ofCuda("libcublasLt.so." + NEWEST_CUDA) instanceof Lookup.Found(NativeLibrary newer)) {
                problems.add(newer.name() + " needs a driver of version 580 or newer, this one supports CUDA " + version / 1000 + "." + version % 1000 / 10);
            }
            return none(gpus, String.join("; ", problems) + ": " + TOOLKIT_FIX);
        }

        /** A library that the driver brings along: no folder with CUDA's has it, so that the loader's path counts also where such a folder is named. */
        private Lookup ofTheDriver(String name) {
            return NativeLibrary.find(new Places(options.libraries().stream().toList(), loader, List.of()), name);
        }

        private Lookup ofCuda(String name) {
            Places places = options.libraries().map(Places::only).orElseGet(() -> Places.loaderThen(folders()));
            return NativeLibrary.find(places, name);
        }

        private List<Path> folders() {
            if (folders.isEmpty()) {
                folders.addAll(LibraryFolders.of(options.environments(), Path.of("/"), Path.of(System.getProperty("user.home"))));
            }
            return folders;
        }

        private Gpus with(List<Found> gpus, CudaDriver driver, NativeLibrary compiler, NativeLibrary products) {
            CudaLibraries all = new CudaLibraries(driver, new Nvrtc(compiler), products, driverVersion.orElse(""));
            KernelCache kernels = new KernelCache(all.nvrtc(), options.kernelsFolder());
            List<Engine> engines = new ArrayList<>();
            for (Found gpu : gpus) {
                if (gpu.notUsedBecause().isEmpty()) engines.add(new CudaEngine(all, kernels, gpu, options, CudaEngine.PATIENCE, gauges(gpu)));
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
            if (major < MIN_MAJOR) {
                unused = Optional.of("its compute capability " + major + "." + minor + " is below " + MIN_MAJOR + ".0");
            } else if (!options.choice().chosen(ordinal, uuid)) {
                unused = Optional.of("DELEGATION_DEVICES does not name it");
            }
            return new Found(
                    ordinal, "cuda:" + ordinal, driver.name(device), driver.totalMemory(device), major + "." + minor, driver.pciBusId(device), uuid, unused);
        }

        /** The driver's own version, which only NVML tells; nothing where that is missing, as nothing else needs it. */
        private String nvmlVersion() {
            if (!(ofTheDriver("libnvidia-ml.so.1") instanceof Lookup.Found(NativeLibrary library))) return "";
            libraries.add(library.name());
            nvml = Optional.of(library);
            try (Nvml open = new Nvml(library)) {
                return open.driverVersion() + ", ";
            } catch (DeviceException refused) {
                System.getLogger(Gpus.class.getName()).log(System.Logger.Level.WARNING, "NVML does not tell the driver''s version: {0}", refused.getMessage());
                return "";
            }
        }

        private Gpus none(List<Found> gpus, String problem) {
            List<Found> unused = gpus.stream().map(gpu -> gpu.unused(problem)).toList();
            return new Gpus(new Detection(unused, driverVersion, libraries, Optional.of(problem)), List.of());
        }
    }
}
