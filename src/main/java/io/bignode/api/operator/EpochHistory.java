package io.bignode.api.operator;

import io.bignode.protocol.Epoch;
import io.bignode.session.SessionStore.History;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What devices did in each epoch, for each tenant and device: as a document and as a table. */
final class EpochHistory {
    private static final String HEADER = "block_height,block_hash,tenant,device_id,raw,valid,device_seconds,function\r\n";

    /** Characters that begin a formula in a spreadsheet. */
    private static final String FORMULA = "=+-@\t\r";

    /** An epoch, in the words of its JSON document. */
    record EpochLine(long blockHeight, String blockHash, List<String> functions, List<TenantLine> tenants, List<DeviceLine> devices, long raw, long valid,
            double deviceSeconds) {}

    /** What was computed for one tenant. */
    record TenantLine(String tenant, long raw, long valid, double deviceSeconds) {}

    /** What one device computed. */
    record DeviceLine(String deviceId, long raw, long valid, double deviceSeconds) {}

    /** The sums of an epoch, a tenant or a device. */
    private record Sum(long raw, long valid, long nanos) {
        static final Sum NOTHING = new Sum(0, 0, 0);

        Sum plus(History line) {
            return new Sum(raw + line.computed(), valid + line.found(), nanos + line.deviceNanos());
        }

        double seconds() {
            return nanos * 1e-9;
        }
    }

    private EpochHistory() {}

    /**
     * The history grouped by epoch, in the order of its lines.
     *
     * @param devices whether devices are told
     */
    static List<EpochLine> epochs(List<History> lines, boolean devices) {
        Map<Epoch, List<History>> byEpoch = new LinkedHashMap<>();
        for (History line : lines) byEpoch.computeIfAbsent(line.epoch(), _ -> new ArrayList<>()).add(line);
        return byEpoch.entrySet().stream().map(entry -> epoch(entry.getKey(), entry.getValue(), devices)).toList();
    }

    private static EpochLine epoch(Epoch epoch, List<History> lines, boolean devices) {
        Map<String, Sum> byTenant = new TreeMap<>();
        Map<String, Sum> byDevice = new TreeMap<>();
        Sum all = Sum.NOTHING;
        for (History line : lines) {
            byTenant.merge(line.tenant(), Sum.NOTHING.plus(line), (sum, _) -> sum.plus(line));
            if (devices) byDevice.merge(line.deviceId(), Sum.NOTHING.plus(line), (sum, _) -> sum.plus(line));
            all = all.plus(line);
        }
        return new EpochLine(
                epoch.blockHeight(),
                epoch.blockHash(),
                lines.stream().map(History::function).filter(function -> !function.isEmpty()).distinct().sorted().toList(),
                byTenant.entrySet().stream()
                        .map(entry -> new TenantLine(entry.getKey(), entry.getValue().raw(), entry.getValue().valid(), entry.getValue().seconds()))
                        .toList(),
                byDevice.entrySet().stream()
                        .map(entry -> new DeviceLine(entry.getKey(), entry.getValue().raw(), entry.getValue().valid(), entry.getValue().seconds()))
                        .toList(),
                all.raw(), all.valid(), all.seconds());
    }

    /**
     * Comma-separated values (RFC 4180), a line for each line of the history. A text that a spreadsheet would compute begins with an apostrophe.
     *
     * @param devices whether devices are told; otherwise that column is empty
     */
    static byte[] csv(List<History> lines, boolean devices) {
        StringBuilder table = new StringBuilder(HEADER);
        for (History line : lines) {
            table.append(line.epoch().blockHeight()).append(',').append(cell(line.epoch().blockHash())).append(',').append(cell(line.tenant())).append(',')
                    .append(devices ? cell(line.deviceId()) : "").append(',').append(line.computed()).append(',').append(line.found()).append(',')
                    .append(BigDecimal.valueOf(line.deviceNanos(), 9).stripTrailingZeros().toPlainString()).append(',').append(cell(line.function())).append("\r\n");
        }
        return table.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String cell(String text) {
        String harmless = !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        boolean plain = harmless.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? harmless : "\"" + harmless.replace("\"", "\"\"") + "\"";
    }
}
