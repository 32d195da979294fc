package io.bignode.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.agent.BigNode;
import io.bignode.agent.BigNode.Answer;
import io.bignode.cli.terminal.Finding;
import io.bignode.cli.terminal.Finding.Verdict;
import io.bignode.config.AgentSettings;
import io.bignode.config.Setting;
import io.bignode.node.ExitCode;
import io.bignode.node.ProgramVersion;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/** Whether a stage would work with these settings, in some ten lines; each that is not well says what to do. */
final class AgentCheck {
    private static final Duration CLOCK = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int PORT_MILLIS = 1000;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;

    private AgentCheck() {}

    /** Prints a line for each check; returns the exit code. */
    static int print(AgentSettings settings, PrintWriter out) throws InterruptedException {
        List<Finding> findings = of(settings);
        findings.forEach(out::println);
        boolean fails = findings.stream().anyMatch(one -> one.verdict() == Verdict.FAIL);
        out.println(fails ? "A stage would not work: see FAIL above." : "A stage would work.");
        out.flush();
        return fails ? ExitCode.CHECK_FAILED : ExitCode.OK;
    }

    private static List<Finding> of(AgentSettings settings) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("version", "bignode " + ProgramVersion.text()));
        findings.add(folder(settings.folder()));
        findings.add(port(settings.host(), settings.port(), Setting.AGENT_PORT));
        for (BigNode node : AgentParts.bigNodes(settings, AgentParts.trust(settings))) {
            try (node) {
                bigNode(node, findings);
            }
        }
        findings.add(settings.api().map(AgentCheck::api).orElse(
                Finding.warn("api", "not looked at: set " + Setting.AGENT_API + " to where your decentralized-api takes callbacks, http://HOST:PORT")));
        return findings;
    }

    private static Finding folder(Path folder) {
        Path there = folder;
        while (!Files.exists(there) && there.getParent() != null) there = there.getParent();
        if (Files.isDirectory(there) && Files.isWritable(there)) return Finding.ok("folder", folder.toString());
        return Finding.fail("folder", there + " may not be written; set " + Setting.DATA_DIR + " to another folder");
    }

    private static Finding port(String host, int port, Setting setting) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host.equals("0.0.0.0") ? "127.0.0.1" : host, port), PORT_MILLIS);
            return Finding.ok("port", host + ":" + port + " answers: this agent runs, or another program has the port");
        } catch (IOException free) {
            return Finding.ok("port", host + ":" + port + " is free; " + setting + " names another");
        }
    }

    private static void bigNode(BigNode node, List<Finding> findings) throws InterruptedException {
        URI url = node.url();
        if (AgentCommand.isOpen(url)) findings.add(Finding.warn("tls", url + " is called without TLS: whoever is on the way reads the token; use https"));
        switch (node.node()) {
            case Answer.Ok(JsonNode document) -> sound(url, document, findings);
            case Answer.Refused(int status, String _) when status == UNAUTHORIZED -> findings.add(Finding.fail("token",
                    url + " does not know the token: compare " + Setting.BIG_NODE_TOKEN + " with what its operator gave you"));
            case Answer.Refused(int status, String _) when status == NOT_FOUND -> findings.add(Finding.fail("bignode",
                    url + " is no big node that agents can use (404): have it updated, or correct " + Setting.BIG_NODE));
            case Answer.Refused(int _, String reason) -> findings.add(Finding.fail("bignode", url + " refuses: " + reason));
            case Answer.Later(String reason) -> findings.add(Finding.fail("bignode", url + ": " + reason));
            case Answer.Away(String reason, boolean _) -> findings.add(Finding.fail("bignode",
                    url + ": " + reason + "; compare " + Setting.BIG_NODE + ", " + Setting.BIG_NODE_CA + " and " + Setting.BIG_NODE_FINGERPRINT));
        }
    }

    private static void sound(URI url, JsonNode document, List<Finding> findings) {
        String version = document.path("version").asText();
        findings.add(Finding.ok("bignode", url + " answers, and knows the token; version " + version));
        if (!version.equals(ProgramVersion.text())) findings.add(Finding.warn("version", url + " has version " + version + ", this agent " + ProgramVersion.text()));
        findings.add(clock(document.path("time").asText()));
        int devices = document.path("device_count").asInt();
        findings.add(devices > 0 ? Finding.ok("devices", devices + " serve") : Finding.fail("devices", "none serves at " + url + ": ask its operator"));
        List<String> models = StreamSupport.stream(document.path("models").spliterator(), false).map(JsonNode::asText).distinct().toList();
        if (!document.path("inference").asBoolean()) {
            findings.add(Finding.warn("model", url + " answers no inference to ML nodes; its operator sets DELEGATION_MLNODE=on and an inference server"));
        } else if (models.isEmpty()) {
            findings.add(Finding.fail("model", "no server of inference is there at " + url + ": ask its operator"));
        } else {
            findings.add(Finding.ok("model", String.join(", ", models)));
        }
    }

    private static Finding clock(String time) {
        try {
            Duration ahead = Duration.between(Instant.now(), Instant.parse(time));
            if (ahead.abs().compareTo(CLOCK) < 0) return Finding.ok("clock", "differs by " + ahead.abs().toMillis() + " ms at most");
            return Finding.fail("clock", "the big node's is " + Math.abs(ahead.toSeconds()) + " s " + (ahead.isNegative() ? "behind" : "ahead of")
                    + " this host's; set both by NTP");
        } catch (DateTimeException none) {
            return Finding.fail("clock", "the big node does not tell the time: have it updated");
        }
    }

    /** Any answer will do: whether it takes a callback depends on the stage. */
    private static Finding api(URI api) {
        HttpRequest request = HttpRequest.newBuilder(api).timeout(PATIENCE).GET().build();
        try (var client = BigNode.client().build()) {
            HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
            return Finding.ok("api", api + " answers (HTTP status " + answer.statusCode() + ")");
        } catch (IOException away) {
            return Finding.fail("api", api + " does not answer: is your decentralized-api there? Correct " + Setting.AGENT_API);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return Finding.fail("api", api + " was not asked to the end");
        }
    }
}
