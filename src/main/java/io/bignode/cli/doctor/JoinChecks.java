package io.bignode.cli.doctor;

import io.bignode.broker.BrokerAccess;
import io.bignode.broker.JoinFailure;
import io.bignode.broker.JoinProbe;
import io.bignode.cli.serve.SettingAdvice;
import io.bignode.cli.serve.WorkerCommand;
import io.bignode.cli.terminal.Finding;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.JoinSettings;
import io.bignode.node.WorkerName;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Doctor's checks of what keeps a worker of this host from its heads: the way to it, its certificate, the join token, the version of the protocol, the name. */
final class JoinChecks {
    private static final String REACH = "reach";
    private static final String TOKEN = "join";
    private static final String PROTOCOL = "protocol";
    private static final String NAME = "name";

    private JoinChecks() {}

    /**
     * Runs the checks; no worker joins.
     *
     * @param environment the process's environment variables, with the heads' addresses and fingerprints
     */
    static List<Finding> run(Map<String, String> environment) {
        try {
            JoinSettings settings = JoinSettings.load(environment);
            List<Finding> findings = warnings(SettingAdvice.ofWorker(settings.devices(), environment));
            String name = name(settings);
            Map<String, BrokerAccess> heads = WorkerCommand.access(settings, name);
            heads.forEach((head, access) -> {
                List<Finding> those = run(name, access);
                findings.addAll(heads.size() == 1 ? those : those.stream().map(finding -> finding.about(head)).toList());
            });
            return findings;
        } catch (InvalidSettingsException invalid) {
            List<Finding> findings = warnings(SettingAdvice.unknown(environment));
            invalid.faults().forEach(fault -> findings.add(Finding.fail("settings", fault.toString())));
            return findings;
        }
    }

    private static List<Finding> warnings(List<String> advice) {
        return advice.stream().map(odd -> Finding.warn("settings", odd)).collect(Collectors.toCollection(ArrayList::new));
    }

    private static List<Finding> run(String name, BrokerAccess access) {
        List<Finding> findings = new ArrayList<>();
        if (access.route() instanceof BrokerAccess.Tls tls) {
            Optional<JoinFailure> unreached = JoinProbe.reach(tls);
            if (unreached.isPresent()) return List.of(Finding.fail(REACH, unreached.get().reason()));
            findings.add(Finding.ok(REACH, tls.host() + ":" + tls.port() + " answers, and "
                    + (tls.verifyHost() ? "this system trusts its certificate" : "its certificate has this fingerprint")));
        }
        Optional<JoinFailure> refused = JoinProbe.login(access);
        if (refused.isPresent()) {
            findings.add(Finding.fail(TOKEN, refused.get().reason()));
            return findings;
        }
        findings.add(Finding.ok(TOKEN, access.route() instanceof BrokerAccess.Tls ? "the head accepts this join token" : "the broker accepts this user"));
        switch (JoinProbe.ask(name, access)) {
            case JoinProbe.Answer.Welcome(String program) -> {
                findings.add(Finding.ok(PROTOCOL, spoken(program)));
                findings.add(Finding.ok(NAME, "no worker named " + name + " is connected"));
            }
            case JoinProbe.Answer.NameTaken(String reason) -> {
                findings.add(Finding.ok(PROTOCOL, spoken("")));
                findings.add(Finding.warn(NAME, reason + ". This is right if that worker is the one of this host, which runs now"));
            }
            case JoinProbe.Answer.OtherProtocol(String reason) -> findings.add(Finding.fail(PROTOCOL, reason));
            case JoinProbe.Answer.Silence(String reason) -> findings.add(Finding.fail(PROTOCOL, reason));
        }
        return findings;
    }

    private static String spoken(String program) {
        return "head and worker understand each other" + (program.isEmpty() ? "" : "; the head is of version " + program);
    }

    /** The name the worker would have; nothing is written for it, as doctor changes nothing. */
    private static String name(JoinSettings settings) {
        if (settings.name().isPresent()) return settings.name().get();
        return Files.exists(WorkerName.file(settings.dataDir())) ? WorkerName.in(settings.dataDir()) : WorkerName.make();
    }
}
