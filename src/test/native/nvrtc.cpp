// The simulated compiler: g++ over the kernel's own source, with the words of CUDA C++ before it and a way to launch each kernel behind it.
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {
struct Program {
    std::string name, source, log, code;
    std::map<std::string, std::string> headers;
};

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

const char* const REPLACED[] = {"gpu.cuh", "sm90.cuh"};

bool replaced(const std::string& header) {
    for (const char* name : REPLACED)
        if (header == name) return true;
    return false;
}
}  // namespace

extern "C" {

int nvrtcVersion(int* major, int* minor) {
    *major = 13;
    *minor = 0;
    return 0;
}

int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headers, const char* const* texts, const char* const* names) {
    *program = new Program{name, source, "", "", {}};
    for (int i = 0; i < headers; i++) (*program)->headers[names[i]] = texts[i];
    return 0;
}

int nvrtcCompileProgram(Program* program, int options, const char* const* texts) {
    // As NVIDIA's: by its name alone, found where the loader looks or where it was loaded before.
    if (dlopen("libnvrtc-builtins.so.13.0", RTLD_NOW) == nullptr) {
        program->log = "nvrtc: error: failed to open libnvrtc-builtins.so.13.0.";
        return 7;
    }
    char folder[] = "/tmp/simulated-nvrtc-XXXXXX";
    if (mkdtemp(folder) == nullptr) return 6;
    const std::string at = std::string(folder) + "/";
    for (auto& [name, text] : program->headers)
        if (!replaced(name)) std::ofstream(at + name) << text;
    std::ofstream out(at + "kernel.cpp");
    out << "#include \"cuda_words.h\"\n#line 1 \"" << program->name << "\"\n" << program->source << "\n";
    const std::regex kernels("extern \"C\" __global__ void\\s+(?:__cluster_dims__\\((\\d+), 1, 1\\)\\s*)?(?:__launch_bounds__\\([^)]*\\)\\s*)?(\\w+)\\s*\\(");
    for (std::sregex_iterator it(program->source.begin(), program->source.end(), kernels), end; it != end; ++it) {
        const std::string cluster = (*it)[1].matched ? (*it)[1].str() : "1";
        const std::string name = (*it)[2];
        out << "extern \"C\" int sim_launch_" << name << "(const sim::Launch* launch) { return sim::launch(launch, " << cluster << ", " << name << "); }\n"
            << "template <class... A> static int sim_sizes_of(void (*)(A...), size_t* sizes) { int i = 0; ((sizes[i++] = sizeof(std::decay_t<A>)), ...); return i; }\n"
            << "extern \"C\" int sim_sizes_" << name << "(size_t* sizes, int) { return sim_sizes_of(" << name << ", sizes); }\n"
            << "#define sim_sizes_of sim_sizes_of_after_" << name << "\n";
    }
    out.close();
    std::string command = std::string(KERNEL_COMMAND) + " -shared -I" + at;
    for (int i = 0; i < options; i++)
        if (std::strncmp(texts[i], "-D", 2) == 0) command += std::string(" ") + texts[i];
    command += " -o " + at + "kernel.so " + at + "kernel.cpp > " + at + "log 2>&1";
    const int status = std::system(command.c_str());
    program->log = read(at + "log");
    if (status == 0) program->code = read(at + "kernel.so");
    std::system(("rm -rf " + at).c_str());
    return status == 0 ? 0 : 6;
}

int nvrtcGetCUBINSize(Program* program, size_t* bytes) {
    *bytes = program->code.size();
    return 0;
}

int nvrtcGetCUBIN(Program* program, char* code) {
    std::memcpy(code, program->code.data(), program->code.size());
    return 0;
}

int nvrtcGetProgramLogSize(Program* program, size_t* bytes) {
    *bytes = program->log.size() + 1;
    return 0;
}

int nvrtcGetProgramLog(Program* program, char* log) {
    std::memcpy(log, program->log.c_str(), program->log.size() + 1);
    return 0;
}

int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return 0;
}

const char* nvrtcGetErrorString(int status) {
    return status == 6 ? "NVRTC_ERROR_COMPILATION" : status == 7 ? "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE" : "NVRTC_ERROR";
}

}  // extern "C"
