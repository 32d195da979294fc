package io.bignode.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongUnaryOperator;

/** Overviews of nodes that are hard to have: two hundred GPUs, alarms, a tenant among others. What was counted follows from the time alone. */
final class FakeOverviews {
    /** What the node is like. */
    enum Scene {
        EMPTY,
        BUSY,
        ALARM,
        FARM,
        OWN
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BUCKETS = 240;
    private static final int STEP = 2;

    private final Scene scene;
    private final Instant started;
    private final List<FakeSession> sessions = new ArrayList<>();
    private final List<FakeDevice> devices = new ArrayList<>();

    /** A session: {@code age} seconds old when the feed began, with a share of the node's speed. */
    private record FakeSession(String id, String tenant, int node, long height, int age, double rate, String status, boolean idle) {}

    /** A device: its place among all, its worker's name, its state. */
    private record FakeDevice(int place, String id, String worker, String state) {}

    FakeOverviews(Scene scene, Instant started) {
        this.scene = scene;
        this.started = started;
        int hosts = switch (scene) {
            case EMPTY -> 1;
            case BUSY, ALARM, OWN -> 2;
            case FARM -> 25;
        };
        int each = scene == Scene.FARM ? 8 : scene == Scene.EMPTY ? 1 : 4;
        for (int host = 0; host < hosts; host++) {
            String worker = host == 0 ? "local" : String.format(Locale.ROOT, "hall-%02d", host);
            for (int i = 0; i < each; i++) devices.add(new FakeDevice(devices.size(), worker + "/gpu-" + i, worker, state(host, i)));
        }
        if (scene == Scene.EMPTY) return;
        double all = devices.stream().filter(device -> device.state.equals("computing")).count() * 38.0;
        sessions.add(new FakeSession("7c19e0b2a4d85f31", "atlas", 0, 1_482_113, 12, all * 0.02, "initializing", false));
        sessions.add(new FakeSession("b83f52d06c17ea94", "borealis", 3, 1_482_112, 164, all * 0.48, "generating", false));
        sessions.add(new FakeSession("41d7ac95f02b6e38", "atlas", 1, 1_482_112, 171, all * 0.31, "generating", false));
        sessions.add(new FakeSession("e60a1f7784c3d92b", "cinder", 2, 1_482_112, 176, all * 0.19, "generating", scene == Scene.ALARM));
        sessions.add(new FakeSession("0f5bd2c9a1748e63", "borealis", 3, 1_482_019, 641, all * 0.5, "expired", false));
        if (scene == Scene.ALARM)
            sessions.add(new FakeSession("93c4e8d1706ab5f2", "atlas", 1, 1_482_019, 638, all * 0.2, "error", false));
        if (scene == Scene.OWN) sessions.removeIf(session -> !session.tenant.equals("atlas"));
    }

    private String state(int host, int i) {
        if (scene == Scene.EMPTY) return "idle";
        if (scene == Scene.ALARM && host == 1) return i == 2 ? "quarantined" : "draining";
        if (scene == Scene.FARM && host == 7) return "apart";
        if (scene == Scene.FARM && host == 12) return "draining";
        return i == 3 && host == 0 ? "preparing" : "computing";
    }

    /** The overview at a time. */
    byte[] overview(Instant now) {
        ObjectNode all = JSON.createObjectNode();
        boolean own = scene == Scene.OWN;
        all.put("version", "0.1.0").put("scope", own ? "own" : "all").put("tenant", own ? "atlas" : "operator");
        all.put("now", now.toString()).put("started_at", started.minusSeconds(86_400).toString()).put("status", "ready").put("max_sessions", 50);
        ObjectNode totals = all.putObject("totals");
        long raw = 0;
        long valid = 0;
        long delivered = 0;
        int running = 0;
        double perMinute = 0;
        ArrayNode list = all.putArray("sessions");
        for (FakeSession session : sessions) {
            ObjectNode written = write(list.addObject(), session, now);
            raw += written.get("raw").asLong();
            valid += written.get("valid").asLong();
            delivered += written.get("delivered").asLong();
            perMinute += written.get("raw_per_minute").asDouble();
            if (!ended(session)) running++;
        }
        long working = devices.stream().filter(device -> device.state.equals("computing")).count();
        totals.put("raw", raw).put("valid", valid).put("delivered", delivered).put("raw_per_minute", perMinute).put("valid_per_minute", perMinute * 0.21);
        totals.put("running_sessions", running).put("kept_sessions", sessions.size()).put("devices", devices.size()).put("working_devices", working);
        ArrayNode found = all.putArray("devices");
        ArrayNode workers = all.putArray("workers");
        ArrayNode alarms = all.putArray("alarms");
        if (own) return bytes(all);
        devices.forEach(device -> write(found.addObject(), device, now));
        devices.stream().map(FakeDevice::worker).distinct().forEach(worker -> writeWorker(workers.addObject(), worker));
        if (scene == Scene.ALARM || scene == Scene.FARM) {
            alarms.addObject().put("key", "worker/hall-01").put("text", "Worker hall-01 is quarantined: device gpu-2 reported a distance that a check refused.")
                    .put("fix", "Run bignode verify on its host; admit it once the GPU is replaced or its clocks are back to stock.")
                    .put("since", started.minusSeconds(74).toString());
        }
        if (scene == Scene.ALARM) {
            alarms.addObject().put("key", "disk").put("text", "The data folder has 0.9 GiB left.")
                    .put("fix", "Free space or set DELEGATION_DATA_DIR to a larger disk; no new session starts below 0.5 GiB.")
                    .put("since", started.minusSeconds(903).toString());
        }
        return bytes(all);
    }

    /** The last eight minutes, at a time. */
    byte[] series(Instant now) {
        ObjectNode all = JSON.createObjectNode();
        Instant from = Instant.ofEpochSecond(now.getEpochSecond() / STEP * STEP - (BUCKETS - 1L) * STEP);
        all.put("step_seconds", STEP).put("from", from.toString());
        ObjectNode total = all.putObject("total");
        buckets(total.putArray("raw"), from, at -> sessions.stream().mapToLong(session -> raw(session, at)).sum());
        buckets(total.putArray("valid"), from, at -> sessions.stream().mapToLong(session -> valid(session, at)).sum());
        ObjectNode each = all.putObject("sessions");
        for (FakeSession session : sessions) {
            ObjectNode one = each.putObject(session.id);
            buckets(one.putArray("raw"), from, at -> raw(session, at));
            buckets(one.putArray("valid"), from, at -> valid(session, at));
        }
        ObjectNode own = all.putObject("devices");
        if (scene != Scene.OWN) {
            for (FakeDevice device : devices) buckets(own.putObject(device.id).putArray("raw"), from, at -> raw(device, at));
        }
        return bytes(all);
    }

    /** The epochs before. */
    byte[] history() {
        ObjectNode all = JSON.createObjectNode();
        ArrayNode epochs = all.putArray("epochs");
        for (int i = 0; i < (scene == Scene.EMPTY ? 0 : 14); i++) {
            ObjectNode epoch = epochs.addObject();
            long raw = 0;
            ArrayNode tenants = epoch.putArray("tenants");
            for (String tenant : scene == Scene.OWN ? List.of("atlas") : List.of("atlas", "borealis", "cinder")) {
                long part = 21_000L + Math.floorMod(tenant.hashCode() + i * 7919L, 9000);
                tenants.addObject().put("tenant", tenant).put("raw", part).put("valid", part / 5).put("device_seconds", 610.5);
                raw += part;
            }
            epoch.putArray("devices");
            epoch.put("block_height", 1_482_019L - 94L * i).put("block_hash", "9F2C6A1B7E3D5048" + Integer.toHexString(0xA51C * (i + 3)));
            epoch.put("raw", raw).put("valid", raw / 5).put("device_seconds", 1831.5);
        }
        return bytes(all);
    }

    private ObjectNode write(ObjectNode to, FakeSession session, Instant now) {
        boolean ended = ended(session);
        long age = Duration.between(started, now).toSeconds() + session.age;
        long raw = raw(session, now.toEpochMilli());
        long valid = valid(session, now.toEpochMilli());
        long delivered = Math.max(0, valid - (ended ? 0 : 6 + session.age % 9) - (session.idle ? valid / 3 : 0));
        to.put("session_id", session.id).put("tenant", session.tenant).put("node_id", session.node).put("block_height", session.height);
        to.put("function", session.node == 3 ? "vllm-vectors" : "transformer-distance").put("model", session.node == 3 ? "org/A-Model-Of-235B-A22B-Instruct-FP8" : null);
        to.put("early_share", session.status.equals("initializing") ? null : session.node == 2 ? 0.58 : 0.97).put("uncomputable", session.node == 3 ? 2 : 0);
        to.put("block_hash", "9F2C6A1B7E3D50488C11D2A94B0E77F3C5A8D6E1902B3F44").put("status", session.status);
        if (session.status.equals("error")) to.put("error", "its devices refused the model: 3 in a row");
        to.put("created_at", started.minusSeconds(session.age).toString()).put("age_seconds", age).put("seconds_left", ended ? 0 : Math.max(0, 330 - age));
        to.put("life_seconds", 330).put("raw", raw).put("valid", valid).put("delivered", delivered).put("undelivered", valid - delivered);
        to.put("batches", 41).put("settled_batches", 40);
        double perMinute = ended || session.status.equals("initializing") ? 0 : session.rate * 60 * wave(session.age, now.toEpochMilli());
        to.put("raw_per_minute", perMinute).put("valid_per_minute", perMinute * 0.21);
        to.put("share", ended ? 0 : session.rate / Math.max(1, sessions.stream().filter(each -> !ended(each)).mapToDouble(FakeSession::rate).sum()));
        to.put("weight", 1).put("leases", ended ? 0 : 4).put("polled_seconds_ago", session.idle ? 131 : 2).put("push", session.node == 2 && !session.idle);
        return to.put("idle", session.idle);
    }

    private void write(ObjectNode to, FakeDevice device, Instant now) {
        boolean computing = device.state.equals("computing");
        boolean apart = device.state.equals("apart");
        double wave = wave(device.place, now.toEpochMilli());
        to.put("device_id", device.id).put("worker", device.worker).put("name", "NVIDIA H100 80GB HBM3").put("state", device.state);
        ArrayNode sessionIds = to.putArray("session_ids");
        if (computing) sessionIds.add(sessions.get(1).id).add(sessions.get(2).id);
        to.put("leases", computing ? 2 : 0).put("raw", raw(device, now.toEpochMilli())).put("nonces_per_second", computing ? 38 * wave : 0);
        to.put("busy_share", computing ? Math.min(1, 0.97 * wave) : 0).put("share_of_peak", computing ? 0.61 * wave : 0);
        to.put("memory_bytes", 85_520_809_984L);
        if (!apart) {
            to.put("utilisation", computing ? Math.min(1, 0.98 * wave) : 0.02).put("memory_used_bytes", computing ? 62_411_243_520L : 1_288_490_188L);
            to.put("temperature_celsius", computing ? Math.round(64 * wave) + (device.place == 5 ? 24 : 0) : 36);
            to.put("power_watts", computing ? 655 * wave : 88).put("power_limit_watts", 700);
        }
        if (device.state.equals("quarantined")) to.put("alarm", "a distance was refused by a check");
    }

    private void writeWorker(ObjectNode to, String worker) {
        boolean bad = scene == Scene.ALARM && worker.equals("hall-01");
        boolean drains = scene == Scene.FARM && worker.equals("hall-12");
        boolean apart = scene == Scene.FARM && worker.equals("hall-07");
        to.put("name", worker).put("state", bad ? "quarantined" : drains ? "draining" : "working").put("connected", !apart)
                .put("local", worker.equals("local"));
        long count = devices.stream().filter(device -> device.worker.equals(worker)).count();
        to.put("since", apart ? null : started.minusSeconds(40_000).toString()).put("disconnected_since", apart ? started.minusSeconds(95).toString() : null)
                .put("disconnected_because", apart ? "its process ended, or it closed the connection" : null)
                .put("address", worker.equals("local") ? null : "10.0.0.7:51234").put("version", worker.equals("local") ? null : "0.1.0")
                .put("devices", count).put("leases", scene == Scene.EMPTY ? 0 : 2 * count);
    }

    private static void buckets(ArrayNode to, Instant from, LongUnaryOperator counted) {
        long at = from.toEpochMilli();
        for (int i = 0; i < BUCKETS; i++) to.add(counted.applyAsLong(at + (i + 1L) * STEP * 1000) - counted.applyAsLong(at + (long) i * STEP * 1000));
    }

    private static boolean ended(FakeSession session) {
        return session.status.equals("expired") || session.status.equals("error");
    }

    /** Seconds a session has computed: it begins nine seconds after its start and ends with its life. */
    private double seconds(FakeSession session, long millis) {
        double age = (millis - started.toEpochMilli()) / 1000.0 + session.age;
        return Math.clamp(age - 9, 0, ended(session) ? 321 : 1e6);
    }

    private long raw(FakeSession session, long millis) {
        return (long) (session.rate * integral(session.age, seconds(session, millis)));
    }

    private long valid(FakeSession session, long millis) {
        return (long) (raw(session, millis) * 0.21);
    }

    private long raw(FakeDevice device, long millis) {
        if (!device.state.equals("computing")) return 0;
        double seconds = Math.max(0, (millis - started.toEpochMilli()) / 1000.0 + 160 - device.place % 7);
        return (long) (38 * integral(device.place, seconds));
    }

    /** What the speed wavers by, and the same added up over time. */
    private static double wave(int seed, long millis) {
        return 1 + 0.06 * Math.sin(millis / 7000.0 + seed);
    }

    private static double integral(int seed, double seconds) {
        return seconds + 0.9 * (Math.sin(seconds / 7.0 + seed) - Math.sin(seed)) + 0.35 * (Math.sin(seconds / 2.3 + seed) - Math.sin(seed));
    }

    private static byte[] bytes(ObjectNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }
}
