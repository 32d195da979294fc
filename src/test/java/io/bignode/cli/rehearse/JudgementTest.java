package io.bignode.cli.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.bignode.cli.rehearse.KeyArtifacts.Arrival;
import io.bignode.cli.rehearse.Observed.Farm;
import io.bignode.cli.rehearse.Observed.Look;
import io.bignode.cli.rehearse.Observed.Plan;
import io.bignode.cli.rehearse.Observed.PostFault;
import io.bignode.cli.rehearse.Observed.Verdict;
import io.bignode.cli.terminal.Documents;
import io.bignode.cli.terminal.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of what a rehearsal saw. Each test changes one thing of a stage in which all is well. */
class JudgementTest {
    private static final String MODEL = "org/model";
    private static final Reply OK = answer("{\"status\": \"OK\", \"results\": [], \"session_id\": \"s\"}");
    private static final Reply STATE = answer("{\"state\": \"INFERENCE\", \"version\": \"1.4.2\", \"loaded_model\": \"org/model\"}");
    private static final Reply IDLE = answer("{\"status\": \"IDLE\", \"backends\": [{\"port\": 0}, {\"port\": 1}]}");
    private static final Reply GENERATING = answer("{\"status\": \"GENERATING\", \"backends\": [{\"port\": 0}, {\"port\": 1}]}");
    private static final Reply COMPLETED = answer("{\"status\": \"completed\"}");

    /** A stage in which all is well, until something is changed. */
    private static final class Stage {
        Plan plan = new Plan("http://head/mlnode/…", "1.4.0", MODEL, 2, Duration.ofSeconds(60), Duration.ofSeconds(180), "http://here:1");
        Look before = look(STATE, IDLE, "[]");
        Look during = look(STATE, GENERATING, "[]");
        Duration clock = Duration.ZERO;
        List<Reply> starts = List.of(OK, OK);
        Reply stop = OK;
        List<KeyArtifacts> keys = List.of(key(1, 600, _ -> true, nonce -> nonce / 10.0), key(2, 600, _ -> true, nonce -> nonce / 10.0));
        List<PostFault> posts = List.of();
        List<Verdict> verdicts = List.of(verdict("{\"n_total\": 32, \"n_mismatch\": 0, \"p_value\": 1.0, \"fraud_detected\": false}"));
        Farm farm = Farm.NONE;

        Observed seen() {
            return new Observed(plan, before, Optional.of(clock), starts, during, stop, keys, posts, verdicts, farm, List.of());
        }

        List<Finding> findings() {
            return Judgement.of(seen());
        }

        void requireNo(String check, String... words) {
            assertThat(findings()).filteredOn(found -> found.verdict() == Finding.Verdict.FAIL).singleElement()
                    .satisfies(found -> assertThat(found.check()).isEqualTo(check)).satisfies(found -> assertThat(List.of(words)).allMatch(found.message()::contains));
            RehearsalReport report = new RehearsalReport(seen(), findings());
            assertThat(report.counted()).isFalse();
            assertThat(report.lines(false)).contains("would be counted: no, because of " + check);
        }

        void requireWarning(String check, String... words) {
            assertThat(findings()).filteredOn(found -> found.verdict() != Finding.Verdict.OK).singleElement()
                    .satisfies(found -> assertThat(found.verdict()).isEqualTo(Finding.Verdict.WARN))
                    .satisfies(found -> assertThat(found.check()).isEqualTo(check)).satisfies(found -> assertThat(found.message()).contains(words));
            assertThat(new RehearsalReport(seen(), findings()).counted()).isTrue();
        }
    }

    private static JsonNode json(String text) {
        try {
            return Documents.parse(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static Reply answer(String text) {
        return new Reply(200, json(text), "", Duration.ofMillis(5));
    }

    private static Reply refused(int status, String body, String reason) {
        return new Reply(status, json(body), reason, Duration.ofMillis(5));
    }

    private static Look look(Reply state, Reply status, String devices) {
        return new Look(state, status, answer("{\"version\": \"1.4.2\"}"), answer("{\"data\": [{\"id\": \"org/model\"}]}"), answer("{\"devices\": " + devices + "}"));
    }

    private static Verdict verdict(String posted) {
        return new Verdict(32, answer("{\"status\": \"queued\", \"request_id\": \"r\"}"), Optional.of(json(posted)), COMPLETED);
    }

    /** The artifacts of a key of 3 nodes: of so many nonce indices those that come, at their seconds. */
    private static KeyArtifacts key(int id, long indices, LongPredicate comes, LongFunction<Double> seconds) {
        List<Arrival> arrivals = LongStream.range(0, indices).filter(comes).mapToObj(i -> new Arrival(id + 3 * i, id + "/" + i, seconds.apply(i))).toList();
        return new KeyArtifacts("rehearsal-" + id, id, 3, new ArrayList<>(arrivals).reversed());
    }

    private final Stage stage = new Stage();

    @Test
    void aStageInWhichAllIsWellWouldBeCounted() {
        assertThat(stage.findings()).allMatch(found -> found.verdict() == Finding.Verdict.OK);
        RehearsalReport report = new RehearsalReport(stage.seen(), stage.findings());
        assertThat(report.lines(false)).contains("nonces a minute   1200", "expected          3600 in a stage of 180 s", "early share       1.00, of the keys 1.00",
                "would be counted: yes");
        assertThat(report.document().get("nonces_per_minute").asDouble()).isEqualTo(1200);
    }

    @ParameterizedTest
    @CsvSource({"0, address", "401, token", "403, token", "404, version", "405, version", "500, state"})
    void whoDoesNotTellItsStateIsNamedByWhatItAnswers(int status, String check) {
        stage.before = new Look(new Reply(status, MissingNode.getInstance(), "why", Duration.ZERO), Reply.NONE, Reply.NONE, Reply.NONE, Reply.NONE);
        stage.starts = List.of();
        stage.requireNo(check);
        assertThat(NodeJudgement.isFinal(stage.seen())).isTrue();
    }

    @Test
    void noBackendIsNamed() {
        stage.before = look(STATE, answer("{\"status\": \"NO_BACKENDS\", \"backends\": []}"), "[]");
        stage.starts = List.of();
        stage.requireNo("backends", "NO_BACKENDS", "DELEGATION_BACKENDS");
        assertThat(NodeJudgement.isFinal(stage.seen())).isTrue();
    }

    @Test
    void aModelThatTheNodeDoesNotServeIsNamed() {
        stage.plan = new Plan("a", "1.4.0", "org/other", 2, Duration.ofSeconds(60), Duration.ofSeconds(180), "http://here:1");
        stage.starts = List.of();
        stage.requireNo("model", "serves org/model and not org/other", "--model");
    }

    @Test
    void aStartThatIsRefusedForItsModelIsNamed() {
        stage.starts = List.of(refused(409, "{}", "Params mismatch: loaded org/model, seq_len 256"), OK);
        stage.requireNo("model", "seq_len 256", "--seq-len");
    }

    @Test
    void aCallbackThatIsRefusedIsNamed() {
        stage.starts = List.of(refused(422, "{\"errors\": [{\"field\": \"url\", \"message\": \"names a host\"}]}", "url names a host"), OK);
        stage.requireNo("callback", "http://here:1", "DELEGATION_CALLBACK_HOSTS", "--callback HOST:PORT");
    }

    @Test
    void artifactsThatWereFoundAndDidNotArriveAreNamed() {
        stage.keys = List.of(key(1, 0, _ -> true, _ -> 0.0), key(2, 0, _ -> true, _ -> 0.0));
        stage.verdicts = List.of();
        stage.farm = new Farm(Reply.NONE, List.of(answer("{\"total_computed\": 70, \"attention\": \"pushes fail: connection refused\"}")));
        stage.requireNo("callback", "found 70 artifacts, and none arrived at http://here:1", "connection refused", "--callback HOST:PORT");
    }

    @Test
    void nothingAtAllIsNamed() {
        stage.keys = List.of(key(1, 0, _ -> true, _ -> 0.0), key(2, 0, _ -> true, _ -> 0.0));
        stage.verdicts = List.of();
        stage.requireNo("callback", "nothing came", "http://here:1", "backends compute nothing");
    }

    @ParameterizedTest
    @CsvSource({"3590, FAIL", "-3600, FAIL", "60, WARN", "-31, WARN", "20, OK"})
    void aClockThatIsOffIsNamed(long seconds, Finding.Verdict verdict) {
        stage.clock = Duration.ofSeconds(seconds);
        assertThat(stage.findings()).filteredOn(found -> found.check().equals("clock")).singleElement().extracting(Finding::verdict).isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({"429", "503"})
    void aFullHeadIsNamedByItsReason(int status) {
        stage.starts = List.of(OK, refused(status, "{}", "as many sessions run as may: 1 of yours; ask again in 5 s"));
        stage.requireNo("room", "as many sessions run as may: 1 of yours", "DELEGATION_MAX_SESSIONS");
    }

    @Test
    void anOrderThatWaitsForTheWholeStageIsNamed() {
        stage.farm = new Farm(Reply.NONE, List.of(answer("{\"waiting_for\": \"as many sessions run as may: 1 of all tenants\"}")));
        stage.requireNo("room", "waited until the end of the stage", "1 of all tenants");
    }

    @Test
    void aSlowDeviceIsNamed() {
        stage.farm = new Farm(answer("""
                {"devices": [{"device_id": "a/vllm:0", "name": "vLLM, m", "nonces_per_second": 10}, {"device_id": "a/vllm:1", "name": "vLLM, m", "nonces_per_second": 11},
                 {"device_id": "b/vllm:0", "name": "vLLM, m", "nonces_per_second": 2}, {"device_id": "c/vllm:0", "name": "vLLM, other", "nonces_per_second": 1}]}
                """), List.of());
        stage.requireWarning("devices", "b/vllm:0", "2.00", "11.00");
    }

    @Test
    void noncesThatComeLongAfterLargerOnesTellOfASlowBackend() {
        stage.keys = List.of(key(1, 600, _ -> true, i -> i % 100 < 10 ? i / 10.0 + 14 : i / 10.0), key(2, 600, _ -> true, i -> i / 10.0));
        stage.requireWarning("devices", "after larger ones");
    }

    @Test
    void aDeviceThatIsNotAvailableIsNamed() {
        stage.during = look(STATE, GENERATING, "[{\"index\": 3, \"name\": \"vLLM\", \"is_available\": false, \"error_message\": \"is used by others\"}]");
        stage.requireWarning("devices", "device 3", "is used by others");
    }

    @ParameterizedTest
    @CsvSource({"node-ids", "vectors", "nonces", "callback"})
    void whatIsWrongWithPostsIsNamed(String check) {
        stage.posts = List.of(new PostFault(check, "what is wrong", 3));
        stage.requireNo(check, "what is wrong (3 times)");
    }

    @Test
    void vectorsOfAnotherKeyAreNamed() {
        KeyArtifacts one = stage.keys.getFirst();
        stage.keys = List.of(one, new KeyArtifacts("rehearsal-2", 1, 3, one.arrivals()));
        stage.requireNo("vectors", "600 vectors came for two keys");
    }

    @ParameterizedTest
    @CsvSource({"1.3.9, FAIL", "0.9, FAIL", "v1.4.0, OK", "2.0.0, OK", "3.0.16, OK", "unknown, WARN"})
    void aVersionThatIsOlderIsNamed(String version, Finding.Verdict verdict) {
        stage.before = look(answer("{\"state\": \"INFERENCE\", \"version\": \"" + version + "\", \"loaded_model\": \"org/model\"}"), IDLE, "[]");
        assertThat(stage.findings()).filteredOn(found -> found.check().equals("version")).singleElement().extracting(Finding::verdict).isEqualTo(verdict);
    }

    @Test
    void noncesThatNeverComeAreNamed() {
        stage.keys = List.of(key(1, 600, i -> i % 30 != 29, i -> i / 10.0), key(2, 600, _ -> true, i -> i / 10.0));
        stage.requireNo("gaps", "6 of 400 nonces of the first third never came", "NaN");
    }

    @Test
    void noncesThatAreOutAtTheStopAreNoGap() {
        stage.keys = List.of(key(1, 600, i -> i < 560 || i > 590, i -> i / 10.0), key(2, 600, _ -> true, i -> i / 10.0));
        assertThat(stage.findings()).allMatch(found -> found.verdict() == Finding.Verdict.OK);
    }

    @Test
    void noncesThatTheHeadGaveUpAreNamed() {
        stage.farm = new Farm(Reply.NONE, List.of(answer("{\"total_uncomputable\": 30}")));
        stage.requireNo("gaps", "the head says that 30 cannot be computed");
    }

    @ParameterizedTest
    @CsvSource({"3, WARN", "50, FAIL"})
    void aPorousStageIsNamed(int step, Finding.Verdict verdict) {
        stage.keys = List.of(key(1, 600L * step, i -> i % step == 0, i -> i / (10.0 * step)), key(2, 600, _ -> true, i -> i / 10.0));
        assertThat(stage.findings()).filteredOn(found -> found.check().equals("porosity")).singleElement().extracting(Finding::verdict).isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({"5, OK", "8, WARN", "14, FAIL"})
    void aLateBeginningIsNamed(double late, Finding.Verdict verdict) {
        stage.keys = List.of(key(1, 600, _ -> true, i -> late + i / 600.0 * (60 - late)), key(2, 600, _ -> true, i -> late + i / 600.0 * (60 - late)));
        assertThat(stage.findings()).filteredOn(found -> found.check().equals("early")).singleElement().extracting(Finding::verdict).isEqualTo(verdict);
    }

    @Test
    void keysThatAreServedOneAfterTheOtherAreNamed() {
        stage.keys = List.of(key(1, 600, _ -> true, i -> i / 20.0), key(2, 600, _ -> true, i -> 30 + i / 20.0));
        stage.requireNo("keys", "0.00 of the average", "one after the other");
    }

    @Test
    void aShortRehearsalDoesNotSayNoForASlowBeginning() {
        stage.plan = new Plan("a", "1.4.0", MODEL, 2, Duration.ofSeconds(6), Duration.ofSeconds(180), "http://here:1");
        stage.keys = List.of(key(1, 300, _ -> true, i -> 1.5 + i / 70.0), key(2, 300, _ -> true, i -> 1.5 + i / 70.0));
        stage.requireWarning("early", "--for 60s");
    }

    @Test
    void aKeyThatGetsNothingIsNamedHoweverShortTheRehearsal() {
        stage.plan = new Plan("a", "1.4.0", MODEL, 2, Duration.ofSeconds(6), Duration.ofSeconds(180), "http://here:1");
        stage.keys = List.of(key(1, 60, _ -> true, i -> i / 10.0), key(2, 0, _ -> true, i -> 0.0));
        stage.requireNo("keys", "1 of 2 keys got nothing");
    }

    @Test
    void aVerdictOfFraudIsNamed() {
        stage.verdicts = List.of(verdict("{\"n_total\": 32, \"n_mismatch\": 30, \"p_value\": 1e-25, \"fraud_detected\": true}"));
        stage.requireNo("verdict", "2 of 32 vectors match", "fraud");
    }

    @Test
    void vectorsThatCannotBeComparedAreNamed() {
        stage.verdicts = List.of(verdict("{\"n_total\": 20, \"n_mismatch\": 0, \"p_value\": 1, \"fraud_detected\": false}"));
        stage.requireNo("verdict", "of 32 that were sent", "NaN");
    }

    @Test
    void someMismatchesAreAWarning() {
        stage.verdicts = List.of(verdict("{\"n_total\": 32, \"n_mismatch\": 1, \"p_value\": 0.96, \"fraud_detected\": false}"));
        stage.requireWarning("verdict", "31 of 32 vectors match");
    }

    @Test
    void aValidationThatIsNotTakenOrNotAnsweredOrNotPostedIsNamed() {
        Reply queued = answer("{\"status\": \"queued\", \"request_id\": \"r\"}");
        stage.verdicts = List.of(new Verdict(32, refused(429, "{}", "as many requests as may wait"), Optional.empty(), Reply.NONE));
        stage.requireNo("verdict", "as many requests as may wait", "DELEGATION_MAX_VALIDATIONS");
        stage.verdicts = List.of(new Verdict(32, queued, Optional.empty(), answer("{\"status\": \"running\"}")));
        stage.requireNo("verdict", "no verdict came", "running");
        stage.verdicts = List.of(new Verdict(32, queued, Optional.empty(), COMPLETED));
        stage.requireNo("callback", "a verdict was made and not posted");
    }

    @Test
    void aStateThatComesLateIsNamed() {
        stage.during = look(new Reply(200, STATE.body(), "", Duration.ofSeconds(6)), GENERATING, "[]");
        stage.requireNo("state", "6.0 s", "5 s");
    }

    @Test
    void aNodeThatDoesNotGenerateInTheMiddleIsAWarning() {
        stage.during = look(STATE, IDLE, "[]");
        stage.requireWarning("state", "IDLE and not GENERATING");
    }

    @Test
    void aStopThatIsNotAnsweredIsNamed() {
        stage.stop = refused(500, "{}", "");
        stage.requireNo("stop", "HTTP status 500", "rehearsal-");
    }

    @Test
    void whatTheServerSaysMovesNoCursorAndShowsNoToken() {
        stage.stop = refused(500, "{}", "\u001b[2J at /mlnode/the-token/api");
        assertThat(stage.findings()).noneMatch(found -> found.message().contains("\u001b") || found.message().contains("the-token"));
    }
}
