package io.bignode.cli.serve;

import io.bignode.config.DeviceChoice;
import io.bignode.config.DeviceSettings;
import io.bignode.config.Setting;
import io.bignode.config.SettingNames;
import io.bignode.config.Settings;
import io.bignode.node.FolderFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Warnings about settings that can be used: the node starts with them and then does not do what its operator expects. They are given by {@code serve} and
 * {@code worker} when they start, and by {@code doctor}.
 */
public final class SettingAdvice {
    /** The computing stage of the network for which small nodes start their sessions. */
    private static final Duration STAGE = Duration.ofMinutes(5);

    /** Main-net's and test-net's r_target, of which a margin takes its share, and the size of the vocabulary that spreads the distances. */
    private static final double USUAL_TARGET = 1.40136;

    private static final double VOCABULARY = 8196;

    /** A margin is there to drop a thousandth of the found nonces, not a hundredth. */
    private static final double MUCH_LOST = 0.01;

    private SettingAdvice() {}

    /** Of the settings of {@code serve}, a sentence each. */
    public static List<String> of(Settings settings, Map<String, String> environment) {
        List<String> advice = new ArrayList<>(unknown(environment));
        margin(settings.devices()).ifPresent(advice::add);
        boolean alone = settings.broker().port().isEmpty() && settings.broker().external().isEmpty();
        if (settings.devices().choice().kind() == DeviceChoice.Kind.NONE && settings.devices().backends().isEmpty() && alone) {
            advice.add(Setting.DEVICES + " is none and no worker can join: NOTHING WILL EVER COMPUTE. Set " + Setting.WORKER_PORT + " (for instance "
                    + Setting.WORKER_PORT.example() + "), or leave " + Setting.DEVICES + " unset");
        }
        if (settings.sessionLife().compareTo(STAGE) < 0) {
            advice.add(Setting.SESSION_SECONDS + " is " + settings.sessionLife().toSeconds() + ", shorter than the network's stage of " + STAGE.toSeconds()
                    + " s: sessions expire while their small nodes still want nonces. Leave it unset for " + Setting.SESSION_SECONDS.usual());
        }
        boolean forNothing = settings.mlNode().port().isPresent() || settings.mlNode().inference().isPresent();
        if (!settings.mlNode().on() && forNothing) {
            advice.add(Setting.MLNODE_PORT + " or " + Setting.INFERENCE_URL + " is set, and " + Setting.MLNODE + " is off: no ML node's calls are answered. Set "
                    + Setting.MLNODE + " to on");
        }
        return advice;
    }

    /** Of the settings of {@code worker}, a sentence each. */
    public static List<String> ofWorker(DeviceSettings devices, Map<String, String> environment) {
        List<String> advice = new ArrayList<>(unknown(environment));
        margin(devices).ifPresent(advice::add);
        return advice;
    }

    /** Of a cache folder that cannot be had; empty where none is wanted or it is there now. */
    static Optional<String> ofCache(Path folder, Path dataDir, long bytes) {
        if (bytes == 0) return Optional.empty();
        return FolderFault.making(folder, dataDir).map(why -> "the cache folder " + folder + " " + why
                + ": weight pools are not kept, and every restart generates them again. Set " + Setting.HF_HOME
                + " to a folder that this node may write, or leave it unset");
    }

    /** Variables that were meant as settings and are none, a sentence each. */
    public static List<String> unknown(Map<String, String> environment) {
        return SettingNames.unknown(environment.keySet()).stream().map(unknown -> unknown.name() + " " + unknown.message()).toList();
    }

    private static Optional<String> margin(DeviceSettings devices) {
        double lost = lostTo(devices.margin());
        if (lost <= MUCH_LOST) return Optional.empty();
        return Optional.of(String.format(
                Locale.ROOT,
                Setting.MARGIN + " is %s: at r_target %s it leaves out %.0f %% of the found nonces. Leave it unset for %s, which leaves out %.2f %%",
                devices.margin(), USUAL_TARGET, 100 * lost, Setting.MARGIN.usual(), 100 * lostTo(Double.parseDouble(Setting.MARGIN.usual()))));
    }

    /**
     * What share of the found nonces a margin leaves out: a distance is √(2 − 2c) with c normal of deviation 1/√8196 (docs/gpu-results.md).
     *
     * @param margin nonces this close to r_target are not reported
     */
    static double lostTo(double margin) {
        return margin == 0 ? 0 : 1 - shareBelow(USUAL_TARGET - margin) / shareBelow(USUAL_TARGET);
    }

    private static double shareBelow(double distance) {
        return NormalDistribution.of(0, 1 / Math.sqrt(VOCABULARY)).survivalProbability(1 - distance * distance / 2);
    }
}
