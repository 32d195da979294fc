// The simulated management library: the driver's version, and what the simulated GPUs measure. A GPU is known by the UUID that
// driver.cpp gives it, whose first byte is its ordinal; the one of ordinal 1 has no load and no power meter, as a MIG slice.
#include <cstdio>
#include <cstring>

namespace {
enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6 };
struct Utilization { unsigned gpu, memory; };
struct Memory { unsigned long long total, free, used; };
struct Device { int ordinal; };
Device devices[8] = {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}};
}  // namespace

extern "C" {
int nvmlInit_v2() { return SUCCESS; }
int nvmlShutdown() { return SUCCESS; }
int nvmlSystemGetDriverVersion(char* version, unsigned length) {
    std::snprintf(version, length, "580.0.simulated");
    return SUCCESS;
}
const char* nvmlErrorString(int) { return "NVML_ERROR"; }

int nvmlDeviceGetHandleByUUID(const char* uuid, Device** device) {
    unsigned ordinal;
    // The last one is a part of a GPU.
    const bool part = std::sscanf(uuid, "MIG-%2x5a5a5a-", &ordinal) == 1;
    if (!part && std::sscanf(uuid, "GPU-%2x5a5a5a-", &ordinal) != 1) return NOT_FOUND;
    if (ordinal >= 8 || part != (ordinal == 7)) return NOT_FOUND;
    *device = &devices[ordinal];
    return SUCCESS;
}
int nvmlDeviceGetUtilizationRates(Device* device, Utilization* utilization) {
    if (device->ordinal == 1) return NOT_SUPPORTED;
    *utilization = {97, 41};
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo(Device*, Memory* memory) {
    *memory = {80ull << 30, 50ull << 30, 30ull << 30};
    return SUCCESS;
}
int nvmlDeviceGetTemperature(Device* device, int sensor, unsigned* celsius) {
    if (sensor != 0) return NOT_SUPPORTED;
    *celsius = 60 + device->ordinal;
    return SUCCESS;
}
int nvmlDeviceGetPowerUsage(Device* device, unsigned* milliwatts) {
    if (device->ordinal == 1) return NOT_SUPPORTED;
    *milliwatts = 612345;
    return SUCCESS;
}
int nvmlDeviceGetEnforcedPowerLimit(Device*, unsigned* milliwatts) {
    *milliwatts = 700000;
    return SUCCESS;
}
}
