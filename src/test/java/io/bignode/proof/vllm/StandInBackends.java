package io.bignode.proof.vllm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Many stand-in backends in one process, which is light: they sleep instead of computing. */
final class StandInBackends {
    private StandInBackends() {}

    /** Serves until it is killed; prints the ports. Arguments: model, sequence length, nanoseconds a nonce, how many. */
    public static void main(String[] args) throws Exception {
        StandInBackend.Model model = new StandInBackend.Model(args[0], Integer.parseInt(args[1]), Long.parseLong(args[2]), "");
        List<String> ports = new ArrayList<>();
        for (int number = 0; number < Integer.parseInt(args[3]); number++) ports.add(Integer.toString(new StandInBackend(model, 0).port()));
        System.out.println("ports " + String.join(" ", ports));
        Thread.sleep(Duration.ofDays(1));
    }
}
