// The simulated management library: the driver's version.
#include <cstdio>

extern "C" {
int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
int nvmlSystemGetDriverVersion(char* version, unsigned length) {
    std::snprintf(version, length, "580.0.simulated");
    return 0;
}
const char* nvmlErrorString(int) { return "NVML_ERROR"; }
}
