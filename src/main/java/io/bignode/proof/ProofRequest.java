package io.bignode.proof;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.WorkOrder;

/**
 * What a start request asks of a proof function.
 *
 * @param work        what devices are to compute
 * @param epoch       the block it is for
 * @param nodeId      the small node's number, and its first nonce
 * @param identity    what tells orders apart whose nonces are different ones; an order with the same identity is the same order again
 * @param participant who mines
 * @param summary     what is computed, in a few words for the log
 */
public record ProofRequest(WorkOrder work, Epoch epoch, long nodeId, ObjectNode identity, ObjectNode participant, String summary) {}
