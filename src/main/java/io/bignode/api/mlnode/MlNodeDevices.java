package io.bignode.api.mlnode;

import com.fasterxml.jackson.core.JsonGenerator;
import io.bignode.api.operator.FleetView;
import io.bignode.api.operator.Overview;
import io.bignode.http.Answer;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The farm's devices as an ML node tells of its GPUs. */
record MlNodeDevices(FleetView fleet) {
    private static final long MIB = 1 << 20;

    void list(Request request, Reply reply) throws IOException {
        List<Overview.DeviceLine> devices = fleet.devices();
        reply.send(Answer.ok(json -> {
            json.writeArrayFieldStart("devices");
            for (int index = 0; index < devices.size(); index++) write(json, index, devices.get(index));
            json.writeEndArray();
            json.writeNumberField("count", devices.size());
        }));
    }

    /** What a device does not measure is null, as an ML node tells it. */
    static void write(JsonGenerator json, int index, Overview.DeviceLine device) throws IOException {
        json.writeStartObject();
        json.writeNumberField("index", index);
        json.writeStringField("name", device.name());
        json.writeNumberField("total_memory_mb", device.memoryBytes() / MIB);
        Long used = device.memoryUsedBytes();
        number(json, "used_memory_mb", used == null ? null : used / MIB);
        number(json, "free_memory_mb", used == null ? null : Math.max(0, device.memoryBytes() - used) / MIB);
        number(json, "utilization_percent", device.utilisation() == null ? null : Math.round(100 * device.utilisation()));
        number(json, "temperature_c", device.temperatureCelsius() == null ? null : Math.round(device.temperatureCelsius()));
        json.writeBooleanField("is_available", device.alarm() == null);
        json.writeStringField("error_message", device.alarm());
        json.writeEndObject();
    }

    private static void number(JsonGenerator json, String name, @Nullable Long value) throws IOException {
        if (value == null) json.writeNullField(name);
        else json.writeNumberField(name, value);
    }
}
