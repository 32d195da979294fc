package io.bignode.session;

import io.bignode.monitor.RecentRate;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.WorkOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A session as people and monitors see it, all of it at about the same moment.
 *
 * @param id             its id
 * @param tenant         whose
 * @param nodeId         its small node's number
 * @param work           what is computed
 * @param epoch          the block
 * @param status         where it is in its life
 * @param error          why it ended in error; empty otherwise
 * @param createdAt      when it started
 * @param age            time since then
 * @param timeLeft       time until it expires
 * @param life           how long it lives at most
 * @param computed       nonces computed
 * @param found          those that count
 * @param delivered      those of them that were handed out; of a session from before a restart, estimated from its batches until all are
 * @param batches        batches found
 * @param settledBatches those of them that were handed out
 * @param pace           its last minute
 * @param share          its part of the device time that all sessions had in the last minute, 0 to 1
 * @param weight         its weight among the sessions
 * @param leases         its leases with devices now
 * @param polledAgo      since its small node asked last
 * @param push           whether its batches are pushed
 * @param idle           whether it lost its turn because nobody polls
 * @param waiting        whether it waits to be admitted
 * @param turn           where it stands among those that wait; empty where it does not wait, or nobody polls it
 * @param lingering      whether its small node is shown it as active although it ended
 * @param earlyShare     what it got in its first minute of its fair share; empty where that is not known
 * @param uncomputable   nonces that came to nothing on two devices
 * @param attention      why its owner gets less than he may expect; empty where all is well
 */
public record SessionView(
        String id,
        String tenant,
        long nodeId,
        WorkOrder work,
        Epoch epoch,
        SessionStatus status,
        Optional<String> error,
        Instant createdAt,
        Duration age,
        Duration timeLeft,
        Duration life,
        long computed,
        long found,
        long delivered,
        long batches,
        long settledBatches,
        RecentRate pace,
        double share,
        double weight,
        int leases,
        Duration polledAgo,
        boolean push,
        boolean idle,
        boolean waiting,
        Optional<Turn> turn,
        boolean lingering,
        Optional<Double> earlyShare,
        long uncomputable,
        Optional<String> attention) {
    /**
     * Where a session stands that waits for its turn.
     *
     * @param position 1 for the next one
     * @param obstacle what it waits for
     */
    public record Turn(int position, Obstacle obstacle) {}
}
