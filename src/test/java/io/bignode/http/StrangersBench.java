package io.bignode.http;

import io.bignode.http.Onlooker.Question;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long others wait while strangers wear a running node out: health checks and polls without strangers, beside two that pipeline, beside a thousand that
 * are silent, and beside all kinds together. {@code src/bench/strangers.sh} runs it.
 *
 * <p>Usage: {@code java StrangersBench.java TIMES}, with DELEGATION_PORT and DELEGATION_AUTH_TOKEN in the environment.
 */
public final class StrangersBench {
    private static final Pattern ID = Pattern.compile("\"session_id\":\"([^\"]+)\"");
    private static final Duration PAUSE = Duration.ofMillis(20);

    private StrangersBench() {}

    /** Measures, and prints a line for each kind of request and crowd. */
    public static void main(String[] args) throws Exception {
        int times = Integer.parseInt(args[0]);
        int port = Integer.parseInt(System.getenv("DELEGATION_PORT"));
        String token = System.getenv("DELEGATION_AUTH_TOKEN");
        InetSocketAddress server = new InetSocketAddress("127.0.0.1", port);
        String poll = "/api/v1/delegation/batch/" + session(port, token) + "?after=0";
        List<Question> questions = List.of(
                new Question("health, a new connection", "/health", "", false),
                new Question("poll, a new connection", poll, token, false),
                new Question("poll, a kept connection", poll, token, true));
        Onlooker.ask(server, questions, PAUSE, times); // warms both sides
        measure("no strangers", server, questions, times, new StrangerCrowd.Kinds(0, 0, 0, 0, 0));
        measure("2 pipelining", server, questions, times, new StrangerCrowd.Kinds(2, 0, 0, 0, 0));
        measure("1,000 silent", server, questions, times, new StrangerCrowd.Kinds(0, 1000, 0, 0, 0));
        measure("2 pipelining, 1,000 silent", server, questions, times, new StrangerCrowd.Kinds(2, 1000, 0, 0, 0));
        measure("all kinds", server, questions, times, new StrangerCrowd.Kinds(2, 600, 100, 100, 50));
    }

    private static void measure(String name, InetSocketAddress server, List<Question> questions, int times, StrangerCrowd.Kinds kinds) throws Exception {
        System.out.println(name + ":");
        try (StrangerCrowd crowd = new StrangerCrowd(server, kinds)) {
            for (Onlooker.Times one : Onlooker.ask(server, questions, PAUSE, times)) System.out.println("  " + one);
        }
    }

    private static String session(int port, String token) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest start = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/delegation/start"))
                    .header("Authorization", "Bearer " + token)
                    .POST(BodyPublishers.ofString(Files.readString(Path.of("examples/dev-net.json"))))
                    .build();
            HttpResponse<String> answer = http.send(start, BodyHandlers.ofString());
            Matcher id = ID.matcher(answer.body());
            if (!id.find()) throw new IllegalStateException("no session was started: " + answer.body());
            // One that is stopped is polled as any other, and the devices leave the cores to the server.
            HttpRequest stop = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/delegation/session/" + id.group(1)))
                    .header("Authorization", "Bearer " + token)
                    .DELETE()
                    .build();
            http.send(stop, BodyHandlers.discarding());
            return id.group(1);
        }
    }
}
