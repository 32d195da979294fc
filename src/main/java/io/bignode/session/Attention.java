package io.bignode.session;

import java.util.Optional;

/** Why a session's owner gets less than he may expect, in words fit for his eyes; what is known of it in different places comes together here. Thread safe. */
public final class Attention {
    private volatile Optional<String> silence = Optional.empty();
    private volatile Optional<String> pushFailure = Optional.empty();

    /** Nothing is wrong. */
    Attention() {}

    /** Nothing comes, for this reason; empty where something does, or is not to be expected. */
    public void silence(Optional<String> reason) {
        silence = reason;
    }

    /** What was found could not be pushed, for this reason; empty once it was. */
    public void pushFailure(Optional<String> reason) {
        pushFailure = reason;
    }

    /** Why what was found could not be pushed; empty where it can. */
    public Optional<String> pushFailure() {
        return pushFailure;
    }

    /** What the owner should know; empty where all is well. */
    public Optional<String> text() {
        return silence.or(() -> pushFailure.map(reason -> "pushing to its callback fails: " + reason));
    }
}
