package io.bignode.lease;

import io.bignode.proof.ProofRules;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Results agree when they are the same; a proof that says it is impossible is. */
public final class ProofsOfTests implements ProofRules {
    /** The share of nonces that should count. */
    OptionalDouble share = OptionalDouble.empty();

    /** What all orders' nonces are numbers of. */
    String stream = "";

    /** How many nonces a check should have. */
    int minSample = 1;

    /** The largest nonce that may be computed. */
    long maxNonce = Long.MAX_VALUE;

    @Override
    public long maxNonce(WorkOrder work) {
        return maxNonce;
    }

    @Override
    public int minSample(WorkOrder work) {
        return minSample;
    }

    @Override
    public OptionalDouble expectedShare(WorkOrder work) {
        return share;
    }

    @Override
    public String stream(WorkOrder work) {
        return stream;
    }

    @Override
    public Optional<String> fault(WorkOrder work, List<Found> found) {
        return found.stream().anyMatch(one -> one.proof().equals("impossible")) ? Optional.of("reported the impossible") : Optional.empty();
    }

    @Override
    public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        Set<Found> both = new HashSet<>(reported);
        both.retainAll(checked);
        return both.size() == reported.size() && both.size() == checked.size() ? Optional.empty() : Optional.of(reported + " is not " + checked);
    }
}
