package io.bignode.cli.operate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.cli.terminal.Finding;
import org.junit.jupiter.api.Test;

/** The tables of {@code bignode sessions} and {@code bignode devices}. */
class TablesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void aDevicesUnknownGaugesAreDashes() throws Exception {
        String devices = """
                [{"device_id":"local/cpu","name":"CPU","state":"idle","raw":0,"nonces_per_second":0.0,"busy_share":0.0,"share_of_peak":null,"utilisation":null,
                  "memory_used_bytes":null,"temperature_celsius":null,"power_watts":null,"alarm":null},
                 {"device_id":"farm/cuda:0","name":"H100","state":"computing","raw":48210,"nonces_per_second":161.234,"busy_share":0.994,"share_of_peak":0.71,
                  "utilisation":0.97,"memory_used_bytes":32212254720,"temperature_celsius":61.0,"power_watts":612.3,"alarm":null}]""";
        assertThat(DevicesCommand.table(JSON.readTree(devices)).lines()).containsExactly(
                "DEVICE       NAME  STATE      COMPUTED  NONCES/S  BUSY  PEAK  LOAD  USED GIB  TEMP  POWER  ALARM",
                "local/cpu    CPU   idle              0      0.00    0%     -     -         -     -      -      -",
                "farm/cuda:0  H100  computing     48210    161.23   99%   71%   97%      30.0   61C   612W      -");
    }

    @Test
    void aStatusIsWellOnlyWithoutAlarmsAndWithDevices() throws Exception {
        String well = """
                {"version":"1.0.0","started_at":"2026-11-28T10:00:00Z","status":"ready","alarms":[],"totals":{"working_devices":2,"devices":3,"running_sessions":1,
                 "waiting_sessions":0,"valid_per_minute":12.34,"valid":400,"delivered":398}}""";
        JsonNode overview = JSON.readTree(well);
        assertThat(StatusCommand.isWell(overview)).isTrue();
        assertThat(StatusCommand.lines(overview)).extracting(Finding::toString).containsExactly(
                "ok    node      the node serves, version 1.0.0, since 2026-11-28T10:00:00Z", "ok    devices   3 devices are known, 2 compute now",
                "ok    sessions  1 sessions run, 0 wait; 12.3 nonces found a minute, 400 found, 398 of them delivered", "ok    alarms    no alarm is raised");

        JsonNode raised = JSON.readTree(well.replace("\"alarms\":[]",
                "\"alarms\":[{\"key\":\"store\",\"text\":\"full\",\"fix\":\"make room\",\"since\":\"then\"}]"));
        assertThat(StatusCommand.isWell(raised)).isFalse();
        assertThat(StatusCommand.lines(raised).getLast()).hasToString("FAIL  alarm     full (since then): make room");
        assertThat(StatusCommand.isWell(JSON.readTree(well.replace("ready", "no_devices")))).isFalse();

        JsonNode amiss = JSON.readTree(well.replace("\"alarms\":[]",
                "\"alarms\":[],\"devices\":[{\"state\":\"failing\"},{\"state\":\"apart\"},{\"state\":\"computing\"}]"));
        assertThat(StatusCommand.lines(amiss)).extracting(Finding::toString)
                .contains("warn  devices   3 devices are known, 2 compute now; 1 failing, 1 not connected: bignode devices lists them");
    }

    @Test
    void aSessionNobodyPollsSaysSo() throws Exception {
        String sessions = """
                [{"session_id":"5f0c","tenant":"node-7","node_id":3,"block_height":1204,"status":"generating","idle":true,"seconds_left":120.4,"raw":100,"valid":7,
                  "delivered":5,"raw_per_minute":60.04,"valid_per_minute":4.2,"share":0.5}]""";
        assertThat(SessionsCommand.table(JSON.readTree(sessions)).lines().getLast())
                .contains("generating, nobody polls", "120s", "60.0", "4.2", "50%");
    }

    @Test
    void oneWhoseOwnerGetsNothingSaysWhy() throws Exception {
        String sessions = """
                [{"session_id":"5f0c","tenant":"node-7","status":"generating","attention":"computes, none counts"}]""";
        assertThat(SessionsCommand.table(JSON.readTree(sessions)).lines().getLast()).contains("generating: computes, none counts");
    }

    @Test
    void oneThatWaitsOrLingersSaysSo() throws Exception {
        String sessions = """
                [{"session_id":"a","status":"initializing","waiting":true,"waiting_position":3},
                 {"session_id":"b","status":"initializing","waiting":true,"waiting_position":null,"idle":true},
                 {"session_id":"c","status":"expired","lingering":true}]""";
        assertThat(SessionsCommand.table(JSON.readTree(sessions)).lines().subList(1, 4))
                .satisfiesExactly(
                        line -> assertThat(line).contains("waits, 3 in line"),
                        line -> assertThat(line).contains("waits, nobody polls"),
                        line -> assertThat(line).contains("expired, lingers"));
    }
}
