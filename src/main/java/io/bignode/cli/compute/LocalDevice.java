package io.bignode.cli.compute;

import io.bignode.cli.terminal.Progress;
import io.bignode.config.DeviceSettings;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Setting;
import io.bignode.config.Settings;
import io.bignode.engine.CancelledException;
import io.bignode.engine.DeviceException;
import io.bignode.engine.Distances;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.node.CommandException;
import io.bignode.node.Devices;
import io.bignode.node.NativeFolder;
import io.bignode.poc.ModelParams;
import io.bignode.poc.WeightPool;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** One of this machine's devices, for commands that compute without a server. */
public final class LocalDevice {
    private LocalDevice() {}

    /** The first of this machine's devices that the settings in this environment choose, not yet prepared; the notice says which and why. */
    public static Engine choose(Map<String, String> environment) {
        return all(environment).getFirst();
    }

    /** All of them, at least one. */
    static List<Engine> all(Map<String, String> environment) {
        DeviceSettings settings = deviceSettings(environment);
        NativeFolder.useForCommand(Settings.dataFolder(environment));
        Devices devices = Devices.of(settings);
        if (devices.engines().isEmpty()) throw CommandException.usage(Setting.DEVICES + " is none: set it to cpu, or leave it out, for this command");
        devices.notice().ifPresent(System.err::println);
        return devices.engines();
    }

    private static DeviceSettings deviceSettings(Map<String, String> environment) {
        try {
            return DeviceSettings.load(environment);
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    /** The chosen device, opened and ready. */
    static Engine open(Map<String, String> environment) {
        Engine engine = choose(environment);
        engine.prepare();
        return engine;
    }

    /** Ends the command when a model of this shape cannot run on the device. */
    public static void require(Engine engine, ModelParams params) {
        engine.refusal(params).ifPresent(reason -> {
            throw CommandException.environment(reason);
        });
    }

    /** Draws a pool with all cores. */
    public static WeightPool pool(Engine engine, String blockHash, ModelParams params) throws InterruptedException {
        return pool(engine, blockHash, params, _ -> {});
    }

    /**
     * The same for somebody who copies the pool while it is drawn.
     *
     * @param begun receives the pool before its first value is drawn
     */
    public static WeightPool pool(Engine engine, String blockHash, ModelParams params, Consumer<WeightPool> begun) throws InterruptedException {
        try (Progress progress = new Progress("weight pool", params.poolSize(), "M values", 1_000_000)) {
            int threads = Runtime.getRuntime().availableProcessors();
            return WeightPool.generate(blockHash, params.poolSize(), threads, engine.poolMemory(), begun, progress::add);
        }
    }

    /** The distances of a batch; ends the command when the device computed what is no distance. */
    public static double[] distances(Engine engine, List<Long> nonces, Model.Computed computed) {
        try {
            return Distances.require(nonces, computed);
        } catch (DeviceException broken) {
            throw CommandException.environment("device " + engine.device().id() + " " + broken.getMessage()
                    + ": it is not to be trusted; look at its driver and its memory, or choose another with " + Setting.DEVICES);
        }
    }

    /** The distances of a case's nonces, in their order. */
    static List<Double> distances(Case task, Map<String, String> environment) throws InterruptedException, CancelledException {
        try (Recomputation device = new Recomputation(environment);
                Progress progress = new Progress("nonces", task.nonces().size(), "", 1)) {
            return device.distances(task, progress::add);
        }
    }
}
