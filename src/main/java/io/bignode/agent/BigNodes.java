package io.bignode.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.agent.BigNode.Answer;
import io.bignode.api.operator.FleetView;
import io.bignode.api.operator.Overview;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.ProtocolVersion;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The big nodes of an agent, and what each told of itself last. Their devices are what the agent shows as its own. Thread safe. */
final class BigNodes implements FleetView, AutoCloseable {
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final int MIB_SHIFT = 20;
    private static final int NOT_FOUND = 404;

    /**
     * What is known of a big node.
     *
     * @param connected whether it answered last
     * @param since     since when that is so
     * @param reason    why it is not connected, or refuses; empty where neither is so
     * @param version   its program's version; empty text where it never answered
     * @param clock     how far its clock is ahead of this one
     * @param devices   its devices as an ML node tells of them
     * @param count     how many of them serve
     * @param models    the models that it answers inference on
     * @param inference whether it answers inference at all
     * @param usable    whether it knows what an agent asks, as far as is known
     */
    record Seen(
            boolean connected, Instant since, Optional<String> reason, String version, Duration clock, List<JsonNode> devices, int count,
            List<String> models, boolean inference, boolean usable) {
        /** Copies the lists. */
        Seen {
            devices = List.copyOf(devices);
            models = List.copyOf(models);
        }

        Seen apart(String why) {
            return new Seen(false, connected ? Instant.now() : since, Optional.of(why), version, clock, devices, count, models, inference, usable);
        }

        Seen useless(String why) {
            return new Seen(false, connected ? Instant.now() : since, Optional.of(why), version, clock, List.of(), 0, List.of(), false, false);
        }
    }

    private final List<BigNode> all;
    private final Alarms alarms;
    private final Map<BigNode, Seen> seen = new LinkedHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread watcher = Thread.ofPlatform().name("big-nodes").daemon().unstarted(this::watch);

    /**
     * Nothing is known yet.
     *
     * @param all at least one, in the order in which they are asked
     */
    BigNodes(List<BigNode> all, Alarms alarms) {
        this.all = List.copyOf(all);
        this.alarms = alarms;
        Seen nothing = new Seen(false, Instant.now(), Optional.of("it was not asked yet"), "", Duration.ZERO, List.of(), 0, List.of(), false, true);
        this.all.forEach(node -> seen.put(node, nothing));
    }

    /** All of them, in the order in which they are asked. */
    List<BigNode> all() {
        return all;
    }

    /** The big node at an address; empty where the settings name it no more. */
    Optional<BigNode> at(String url) {
        return all.stream().filter(node -> node.url().toString().equals(url)).findFirst();
    }

    /** What is known of one. */
    Seen seen(BigNode node) {
        synchronized (seen) {
            return Objects.requireNonNull(seen.get(node));
        }
    }

    /** The one that is connected and comes first. */
    Optional<BigNode> first() {
        return all.stream().filter(node -> seen(node).connected()).findFirst();
    }

    /** Looks at them regularly from now on. */
    void start() {
        watcher.start();
    }

    private void watch() {
        try {
            do {
                for (BigNode node : all) look(node);
            } while (!closing.await(LOOK.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException stop) {
            // only closing interrupts this thread
        }
    }

    /** Asks one what it is. */
    void look(BigNode node) throws InterruptedException {
        note(node, node.node());
    }

    private void note(BigNode node, Answer answer) {
        synchronized (seen) {
            Seen before = seen(node);
            Seen now = switch (answer) {
                case Answer.Ok(JsonNode document) -> read(document, before);
                case Answer.Refused(int status, String _) when status == NOT_FOUND ->
                    before.useless("it is no big node that agents can use (404): have it updated, or correct its address");
                case Answer.Refused(int _, String reason) -> before.apart(reason);
                case Answer.Later(String reason) -> before.apart(reason);
                case Answer.Away(String reason, boolean _) -> before.apart(reason);
            };
            seen.put(node, now);
        }
        tell();
    }

    /** A call failed, or came through again: what is shown does not wait for the next look. */
    void note(BigNode node, Optional<String> away) {
        synchronized (seen) {
            Seen before = seen(node);
            if (away.isPresent()) seen.put(node, before.apart(away.get()));
        }
    }

    private void tell() {
        if (first().isPresent()) {
            alarms.clear("big-node");
            return;
        }
        BigNode main = all.getFirst();
        alarms.raise("big-node", "no big node computes for this agent: " + main.url() + ": " + seen(main).reason().orElse("it was not asked yet"),
                "bignode agent --check says what is wrong; what was found there is fetched when it is back");
    }

    private static Seen read(JsonNode document, Seen before) {
        List<JsonNode> devices = new ArrayList<>();
        document.path("devices").forEach(devices::add);
        List<String> models = new ArrayList<>();
        document.path("models").forEach(model -> models.add(model.asText()));
        return new Seen(
                true, before.connected() ? before.since() : Instant.now(), Optional.empty(), document.path("version").asText(), clock(document),
                devices, document.path("device_count").asInt(), models, document.path("inference").asBoolean(), true);
    }

    private static Duration clock(JsonNode document) {
        try {
            return Duration.between(Instant.now(), Instant.parse(document.path("time").asText()));
        } catch (DateTimeParseException none) {
            return Duration.ZERO;
        }
    }

    /** How many devices serve at the big node that is asked first. */
    int serving() {
        return first().map(node -> seen(node).count()).orElse(0);
    }

    @Override
    public String version() {
        return ProtocolVersion.program();
    }

    @Override
    public boolean tenantsSeeAll() {
        return true;
    }

    @Override
    public List<Overview.DeviceLine> devices() {
        return first().map(node -> seen(node).devices().stream().map(device -> line(node, device)).toList()).orElse(List.of());
    }

    private static Overview.DeviceLine line(BigNode node, JsonNode device) {
        Double utilisation = device.path("utilization_percent").isNumber() ? (Double) (device.path("utilization_percent").asDouble() / 100) : null;
        Long used = device.path("used_memory_mb").isNumber() ? (Long) (device.path("used_memory_mb").asLong() << MIB_SHIFT) : null;
        Double celsius = device.path("temperature_c").isNumber() ? (Double) device.path("temperature_c").asDouble() : null;
        @Nullable String alarm = device.path("error_message").isTextual() ? device.path("error_message").asText() : null;
        return new Overview.DeviceLine(
                node.url().getHost() + "/" + device.path("index").asInt(), node.url().getHost(), device.path("name").asText(), "", List.of(), 0, 0, 0, 0, null,
                utilisation, device.path("total_memory_mb").asLong() << MIB_SHIFT, used, celsius, null, null, alarm);
    }

    @Override
    public List<Overview.WorkerLine> workers() {
        return List.of();
    }

    @Override
    public List<Overview.AlarmLine> alarms() {
        return alarms.list().stream().map(alarm -> new Overview.AlarmLine(alarm.key(), alarm.text(), alarm.fix(), alarm.since().toString())).toList();
    }

    @Override
    public void close() {
        closing.countDown();
        watcher.interrupt();
        all.forEach(BigNode::close);
    }
}
