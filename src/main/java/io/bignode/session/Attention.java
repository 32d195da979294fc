package io.bignode.session;

import java.util.Optional;

/** Why a session's owner gets less than he may expect, in words that he may read. Causes that are known in different places are joined here. Thread safe. */
public final class Attention {
    private volatile Optional<String> silence = Optional.empty();
    private volatile Optional<String> pushFailure = Optional.empty();
    private volatile Optional<String> untaken = Optional.empty();
    private volatile Optional<String> behind = Optional.empty();
    private volatile Optional<Double> earlyShare = Optional.empty();

    /** Nothing is wrong. */
    Attention() {}

    /** No results come, for this reason; empty where some do, or are not to be expected. */
    public void silence(Optional<String> reason) {
        silence = reason;
    }

    /**
     * What it got in its first minute of its fair share.
     *
     * @param share  1 for all of it; empty where that is not known yet
     * @param reason that it got less than it should, in words; empty where it did not
     */
    public void early(Optional<Double> share, Optional<String> reason) {
        earlyShare = share;
        behind = reason;
    }

    /** What it got in its first minute of its fair share, 1 for all of it; empty where that is not known: too early, or from before a restart. */
    public Optional<Double> earlyShare() {
        return earlyShare;
    }

    /** Results could not be pushed, for this reason; empty once they were. */
    public void pushFailure(Optional<String> reason) {
        pushFailure = reason;
    }

    /** Results were not taken in time and are not pushed any more, in these words; empty where there are none such. */
    public void untaken(Optional<String> results) {
        untaken = results;
    }

    /** Why results could not be pushed; empty where they could. */
    public Optional<String> pushFailure() {
        return pushFailure;
    }

    /** What the owner should know; empty where all is well. */
    public Optional<String> text() {
        return silence.or(() -> pushFailure.map(reason -> "pushing to its callback fails: " + reason)).or(() -> untaken).or(() -> behind);
    }
}
