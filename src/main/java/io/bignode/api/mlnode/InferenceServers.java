package io.bignode.api.mlnode;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/** The servers that calls for inference can be passed on to. Thread safe. */
public interface InferenceServers {
    /** There are none. */
    InferenceServers NONE = new InferenceServers() {
        @Override
        public boolean none() {
            return true;
        }

        @Override
        public boolean computeStages() {
            return false;
        }

        @Override
        public List<Server> there() {
            return List.of();
        }
    };

    /**
     * A server that answers.
     *
     * @param url   scheme, host and port, and a path where it has one
     * @param model the model that it serves
     * @param bearer the token that it is shown; empty for none
     */
    record Server(URI url, String model, Optional<String> bearer) {
        /** A server that is shown no token. */
        public Server(URI url, String model) {
            this(url, model, Optional.empty());
        }

        /** Without the token. */
        @Override
        public String toString() {
            return model + " at " + url;
        }
    }

    /** Whether no server is named. */
    boolean none();

    /** Whether they compute the stages themselves, and answer nobody else meanwhile. */
    boolean computeStages();

    /** Those that are there now, in the order in which they are named. */
    List<Server> there();
}
