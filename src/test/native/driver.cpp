// The simulated driver API. Streams are threads that do their work in order, so that what is not made to wait does not wait; fresh memory is poisoned and
// fenced by guard pages; calls fail, hang and run out of memory as tests order.
#include <dlfcn.h>
#include <elf.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "simulation.h"

namespace {

enum Status { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_CONTEXT = 201, INVALID_IMAGE = 200, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, LAUNCH_TIMEOUT = 702, MISALIGNED_ADDRESS = 716 };

typedef std::chrono::steady_clock Clock;

// A point in a stream that has been passed or not.
struct Signal {
    std::mutex mutex;
    std::condition_variable changed;
    bool happened = false;
    bool given_up = false;
    Clock::time_point when;
    double played = 0;  // milliseconds, where a test says how long work takes

    void happen() {
        std::lock_guard lock(mutex);
        happened = true;
        when = Clock::now();
        changed.notify_all();
    }
    void give_up() {
        std::lock_guard lock(mutex);
        given_up = true;
        changed.notify_all();
    }
    void await() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return happened || given_up; });
    }
};

struct Event {
    std::shared_ptr<Signal> signal;
};

// Where the next work of a name waits until a test lets it go on.
struct Hold {
    int64_t after;
    bool reached = false;
    std::shared_ptr<Signal> released = std::make_shared<Signal>();
};

struct Device;

struct Stream {
    Device* device;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> queue;
    bool closing = false;
    double played = 0;  // milliseconds of what was done so far, as tests say
    std::thread thread;

    explicit Stream(Device* owner) : device(owner), thread([this] { run(); }) {}
    ~Stream() {
        {
            std::lock_guard lock(mutex);
            closing = true;
            changed.notify_all();
        }
        thread.join();
    }
    void add(std::function<void()> work) {
        std::lock_guard lock(mutex);
        queue.push_back(std::move(work));
        changed.notify_all();
    }
    void run() {
        while (true) {
            std::function<void()> work;
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return closing || !queue.empty(); });
                if (queue.empty()) return;
                work = std::move(queue.front());
                queue.pop_front();
            }
            work();
        }
    }
};

struct Mapping {
    void* start;
    size_t bytes;
    size_t asked;
};

struct Fault {
    int64_t after;
    int status;
    bool sticky;
};

// A device with its one context.
struct Device {
    int ordinal = 0;
    std::mutex mutex;
    int sticky = 0;
    bool broken() { return sticky != 0; }
    std::set<Stream*> streams;
    std::map<uint64_t, Mapping> memory;
    uint64_t allocated = 0;
    uint64_t launched = 0;
    std::map<std::string, Fault> faults;
    std::map<std::string, uint64_t> calls;
    std::map<std::string, double> takes;
    std::map<std::string, Hold> holds;
    int64_t hang_after = -1;
    std::shared_ptr<Signal> hanging = std::make_shared<Signal>();
    std::vector<std::shared_ptr<Signal>> signals;
};

struct Machine {
    std::mutex mutex;
    std::vector<std::unique_ptr<Device>> devices;
    uint64_t memory_bytes = 0;
    int multiprocessors = 0;
    int major = 0;
    int minor = 0;
    uint32_t order = 0;
    int driver_version = 13000;
};

Machine& machine() {
    static Machine* only = [] {
        Machine* m = new Machine;  // outlives every thread
        // A process of its own, which no test can configure: one GPU with so many bytes.
        if (const char* bytes = std::getenv("SIMULATED_GPU_BYTES")) {
            m->devices.push_back(std::make_unique<Device>());
            m->memory_bytes = std::strtoull(bytes, nullptr, 10);
            m->multiprocessors = 2;
            m->major = 9;
            if (const char* function = std::getenv("SIMULATED_GPU_FAILS")) m->devices.back()->faults[function] = {0, ILLEGAL_ADDRESS, true};
        }
        return m;
    }();
    return *only;
}

thread_local Device* here = nullptr;

const size_t PAGE = 4096;
// Addresses cost nothing, and an index that is off is often far off.
const size_t FENCE = 64 << 20;
const unsigned char POISON = 0xff;

// Where a memory access that goes astray leads; none outside of work for a device. Read in a signal handler, where nothing may be allocated.
__attribute__((tls_model("initial-exec"))) thread_local sigjmp_buf* way_out = nullptr;
struct sigaction before[2];

void astray(int number, siginfo_t* info, void* context) {
    if (way_out != nullptr) {
        // x86 tells of a misaligned access, or of an address that no pointer can hold, without an address.
        siglongjmp(*way_out, number == SIGBUS || info->si_code == SI_KERNEL ? MISALIGNED_ADDRESS : ILLEGAL_ADDRESS);
    }
    // The Java virtual machine has uses of its own for these signals, on threads that never work for a device.
    const struct sigaction& theirs = before[number == SIGBUS];
    if (theirs.sa_flags & SA_SIGINFO) {
        theirs.sa_sigaction(number, info, context);
    } else if (theirs.sa_handler != SIG_DFL && theirs.sa_handler != SIG_IGN) {
        theirs.sa_handler(number);
    } else {
        signal(number, SIG_DFL);  // the access happens again and ends the process
    }
}

// Runs work for a device; 0, or the status of the access that ended it.
int guarded(void (*run)(void*), void* argument) {
    static std::once_flag once;
    std::call_once(once, [] {
        for (int number : {SIGSEGV, SIGBUS}) {
            sigaction(number, nullptr, &before[number == SIGBUS]);
            struct sigaction ours = before[number == SIGBUS];
            ours.sa_sigaction = astray;
            ours.sa_flags |= SA_SIGINFO;
            sigaction(number, &ours, nullptr);
        }
    });
    sigjmp_buf here_again;
    int status = sigsetjmp(here_again, 1);
    if (status == 0) {
        way_out = &here_again;
        run(argument);
    }
    way_out = nullptr;
    return status;
}

// Whether bytes around an allocation that no fence guards were written: those between it and the pages' ends. They are poisoned anew.
bool overrun(const Mapping& mapping, uint64_t address) {
    bool written = false;
    unsigned char* const own = (unsigned char*)address;
    unsigned char* const first = (unsigned char*)mapping.start + FENCE;
    unsigned char* const last = (unsigned char*)mapping.start + mapping.bytes - FENCE;
    for (auto [from, to] : {std::pair{first, own}, std::pair{own + mapping.asked, last}}) {
        for (unsigned char* byte = from; byte < to; byte++) {
            written |= *byte != POISON;
            *byte = POISON;
        }
    }
    return written;
}

// Whether a range lies within one allocation.
bool is_inside(const Device& device, uint64_t address, size_t bytes) {
    auto after = device.memory.upper_bound(address);
    if (after == device.memory.begin()) return false;
    auto own = std::prev(after);
    return address - own->first <= own->second.asked && bytes <= own->second.asked - (address - own->first);
}

void reset(Device& device) {
    device.hanging->give_up();
    std::set<Stream*> streams;
    {
        std::lock_guard lock(device.mutex);
        streams.swap(device.streams);
        for (auto& signal : device.signals) signal->give_up();
        for (auto& [name, hold] : device.holds) hold.released->give_up();
        device.signals.clear();
    }
    for (Stream* stream : streams) delete stream;
    std::lock_guard lock(device.mutex);
    for (auto& [address, mapping] : device.memory) munmap(mapping.start, mapping.bytes);
    device.memory.clear();
    device.allocated = 0;
    device.sticky = 0;
    device.hang_after = -1;
    device.hanging = std::make_shared<Signal>();
}

int called_on(Device& device, const char* function) {
    std::lock_guard lock(device.mutex);
    device.calls[function]++;
    if (device.sticky) return device.sticky;
    auto fault = device.faults.find(function);
    if (fault == device.faults.end() || fault->second.after-- > 0) return SUCCESS;
    const int status = fault->second.status;
    if (fault->second.sticky) device.sticky = status;
    device.faults.erase(fault);
    return status;
}

// What a call begins with: a context, and nothing ordered against it.
#define ENTER(function)                         \
    if (here == nullptr) return INVALID_CONTEXT; \
    if (int ordered = called_on(*here, function)) return ordered

typedef int (*LaunchFunction)(const void*);
struct Launch {
    uint32_t grid[3], block[3];
    unsigned shared_bytes;
    void** parameters;
    uint32_t order;
    int (*guarded)(void (*run)(void*), void* argument);
};

struct Function {
    std::string name;
    LaunchFunction run;
    int (*sizes)(size_t*, int);
    int shared_limit = 48 * 1024;
    Device* owner = nullptr;
};

struct Module {
    void* handle;
    std::string path;
    Device* owner = nullptr;
};

// Work of this name begins: it takes as long as a test says, and waits where one holds it.
void begin(Stream* stream, const std::string& name) {
    stream->add([stream, name] {
        std::shared_ptr<Signal> released;
        {
            std::lock_guard lock(stream->device->mutex);
            stream->device->calls[name]++;
            auto taken = stream->device->takes.find(name);
            if (taken != stream->device->takes.end()) stream->played += taken->second;
            auto hold = stream->device->holds.find(name);
            if (hold != stream->device->holds.end() && hold->second.after-- <= 0) {
                hold->second.reached = true;
                released = hold->second.released;
            }
        }
        if (released) released->await();
    });
}

std::shared_ptr<Signal> signal_of(Device& device) {
    auto signal = std::make_shared<Signal>();
    std::lock_guard lock(device.mutex);
    if (device.signals.size() > 4096) {
        std::vector<std::shared_ptr<Signal>> open;
        for (auto& old : device.signals)
            if (!old->happened) open.push_back(old);
        device.signals.swap(open);
    }
    device.signals.push_back(signal);
    return signal;
}

}  // namespace

extern "C" {

void sim_configure(int devices, uint64_t memory_bytes, int multiprocessors, int major, int minor) {
    Machine& m = machine();
    std::lock_guard lock(m.mutex);
    // Devices that were there are not freed: a thread may have one as its current context.
    while ((int)m.devices.size() < devices) {
        m.devices.push_back(std::make_unique<Device>());
        m.devices.back()->ordinal = (int)m.devices.size() - 1;
    }
    for (auto& device : m.devices) {
        reset(*device);
        device->faults.clear();
        device->calls.clear();
        device->takes.clear();
        device->holds.clear();
        device->launched = 0;
    }
    while ((int)m.devices.size() > devices) {
        m.devices.back().release();
        m.devices.pop_back();
    }
    m.memory_bytes = memory_bytes;
    m.multiprocessors = multiprocessors;
    m.major = major;
    m.minor = minor;
    m.order = 0;
    m.driver_version = 13000;
}

void sim_fail(int device, const char* function, int64_t after, int status, int sticky) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    d.faults[function] = {after, status, sticky != 0};
}

void sim_hang(int device, int64_t after) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    d.hang_after = after;
}

void sim_takes(int device, const char* name, double millis) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    d.takes[name] = millis;
}

void sim_hold(int device, const char* name, int64_t after) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    d.holds.erase(name);
    d.holds[name].after = after;
}

int sim_held(int device, const char* name) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    auto hold = d.holds.find(name);
    return hold != d.holds.end() && hold->second.reached;
}

void sim_release(int device, const char* name) {
    Device& d = *machine().devices.at(device);
    std::shared_ptr<Signal> released;
    {
        std::lock_guard lock(d.mutex);
        auto hold = d.holds.find(name);
        if (hold == d.holds.end()) return;
        released = hold->second.released;
        d.holds.erase(hold);
    }
    released->happen();
}

uint64_t sim_calls(int device, const char* name) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    return d.calls[name];
}

void sim_begin(uint64_t stream, const char* name) { begin((Stream*)stream, name); }

void sim_driver_version(int version) { machine().driver_version = version; }

void sim_order(uint32_t order) {
    Machine& m = machine();
    std::lock_guard lock(m.mutex);
    m.order = order;
}

uint64_t sim_allocated(int device) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    return d.allocated;
}

uint64_t sim_launched(int device) {
    Device& d = *machine().devices.at(device);
    std::lock_guard lock(d.mutex);
    return d.launched;
}

int sim_called(const char* function) {
    ENTER(function);
    return SUCCESS;
}

int sim_enqueue(uint64_t stream, sim_work work, void* argument) {
    Stream* s = (Stream*)stream;
    s->add([s, work, argument] {
        if (s->device->broken()) return;
        struct Call {
            sim_work work;
            void* argument;
            int status;
        } call{work, argument, SUCCESS};
        const auto run = [](void* c) { ((Call*)c)->status = ((Call*)c)->work(((Call*)c)->argument); };
        const int astray = guarded(run, &call);
        const int status = astray != 0 ? astray : call.status;
        if (status != 0) {
            std::lock_guard lock(s->device->mutex);
            s->device->sticky = status;
        }
    });
    return SUCCESS;
}

int cuInit(unsigned flags) { return flags != 0 ? INVALID_VALUE : machine().devices.empty() ? NO_DEVICE : SUCCESS; }

int cuDriverGetVersion(int* version) {
    *version = machine().driver_version;
    return SUCCESS;
}

int cuDeviceGetCount(int* count) {
    *count = (int)machine().devices.size();
    return SUCCESS;
}

int cuDeviceGet(int* device, int ordinal) {
    if (ordinal < 0 || ordinal >= (int)machine().devices.size()) return INVALID_DEVICE;
    *device = ordinal;
    return SUCCESS;
}

int cuDeviceGetName(char* name, int length, int) {
    std::snprintf(name, length, "Simulated GPU");
    return SUCCESS;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
    const Machine& m = machine();
    switch (attribute) {
        case 13: *value = 1000000; return SUCCESS;
        case 16: *value = m.multiprocessors; return SUCCESS;
        case 75: *value = m.major; return SUCCESS;
        case 76: *value = m.minor; return SUCCESS;
        case 97: *value = 227 * 1024; return SUCCESS;
        default: return INVALID_VALUE;
    }
}

int cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = machine().memory_bytes;
    return SUCCESS;
}

int cuDeviceGetUuid_v2(unsigned char* uuid, int device) {
    std::memset(uuid, 0x5a, 16);
    uuid[0] = (unsigned char)device;
    return SUCCESS;
}

int cuDeviceGetPCIBusId(char* id, int length, int device) {
    std::snprintf(id, length, "0000:%02x:00.0", device + 1);
    return SUCCESS;
}

int cuDevicePrimaryCtxRetain(void** context, int device) {
    Device& d = *machine().devices.at(device);
    if (int ordered = called_on(d, "cuDevicePrimaryCtxRetain")) return ordered;
    *context = &d;
    return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }

int cuDevicePrimaryCtxReset_v2(int device) {
    reset(*machine().devices.at(device));
    return SUCCESS;
}

int cuCtxSetCurrent(void* context) {
    here = (Device*)context;
    return SUCCESS;
}

int cuMemGetInfo_v2(size_t* free, size_t* total) {
    ENTER("cuMemGetInfo");
    std::lock_guard lock(here->mutex);
    *total = machine().memory_bytes;
    *free = *total - here->allocated;
    return SUCCESS;
}

int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
    ENTER("cuMemAlloc");
    if (bytes == 0) return INVALID_VALUE;
    std::lock_guard lock(here->mutex);
    if (here->allocated + bytes > machine().memory_bytes) return OUT_OF_MEMORY;
    // The end, to the next 256 bytes, touches the guard page.
    const size_t used = (bytes + 255) / 256 * 256;
    const size_t pages = (used + PAGE - 1) / PAGE * PAGE;
    char* start = (char*)mmap(nullptr, pages + 2 * FENCE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED || mprotect(start + FENCE, pages, PROT_READ | PROT_WRITE) != 0) return OUT_OF_MEMORY;
    std::memset(start + FENCE, POISON, pages);
    *address = (uint64_t)(start + FENCE + pages - used);
    here->memory[*address] = {start, pages + 2 * FENCE, bytes};
    here->allocated += bytes;
    return SUCCESS;
}

int cuMemFree_v2(uint64_t address) {
    ENTER("cuMemFree");
    std::lock_guard lock(here->mutex);
    auto found = here->memory.find(address);
    if (found == here->memory.end()) return INVALID_VALUE;
    if (overrun(found->second, address)) {
        std::fprintf(stderr, "simulated GPU: bytes around an allocation were written by a copy\n");
        here->sticky = ILLEGAL_ADDRESS;
    }
    here->allocated -= found->second.asked;
    munmap(found->second.start, found->second.bytes);
    here->memory.erase(found);
    return SUCCESS;
}

int cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
    ENTER("cuMemHostAlloc");
    *memory = std::aligned_alloc(PAGE, (bytes + PAGE - 1) / PAGE * PAGE);
    return *memory == nullptr ? OUT_OF_MEMORY : SUCCESS;
}

int cuMemFreeHost(void* memory) {
    ENTER("cuMemFreeHost");
    std::free(memory);
    return SUCCESS;
}

// The driver knows its own memory: a range beyond it is refused at once.
static int copy(void* to, const void* from, size_t bytes, uint64_t on_device, Stream* stream) {
    {
        std::lock_guard lock(here->mutex);
        if (!is_inside(*here, on_device, bytes)) return INVALID_VALUE;
    }
    stream->add([=] {
        if (!stream->device->broken()) std::memcpy(to, from, bytes);
    });
    return SUCCESS;
}

int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, Stream* stream) {
    ENTER("cuMemcpyHtoDAsync");
    return copy((void*)to, from, bytes, to, stream);
}

int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, Stream* stream) {
    ENTER("cuMemcpyDtoHAsync");
    return copy(to, (void*)from, bytes, from, stream);
}

int cuMemsetD8Async(uint64_t address, unsigned char value, size_t bytes, Stream* stream) {
    ENTER("cuMemsetD8Async");
    {
        std::lock_guard lock(here->mutex);
        if (!is_inside(*here, address, bytes)) return INVALID_VALUE;
    }
    stream->add([=] {
        if (!stream->device->broken()) std::memset((void*)address, value, bytes);
    });
    return SUCCESS;
}

int cuStreamCreate(Stream** stream, unsigned) {
    ENTER("cuStreamCreate");
    *stream = new Stream(here);
    std::lock_guard lock(here->mutex);
    here->streams.insert(*stream);
    return SUCCESS;
}

int cuStreamDestroy_v2(Stream* stream) {
    ENTER("cuStreamDestroy");
    {
        std::lock_guard lock(here->mutex);
        if (here->streams.erase(stream) == 0) return INVALID_HANDLE;
    }
    delete stream;
    return SUCCESS;
}

int cuStreamSynchronize(Stream* stream) {
    ENTER("cuStreamSynchronize");
    auto signal = signal_of(*here);
    stream->add([signal] { signal->happen(); });
    signal->await();
    return here->sticky;
}

int cuStreamWaitEvent(Stream* stream, Event* event, unsigned) {
    ENTER("cuStreamWaitEvent");
    if (auto signal = event->signal) stream->add([signal] { signal->await(); });
    return SUCCESS;
}

int cuEventCreate(Event** event, unsigned) {
    ENTER("cuEventCreate");
    *event = new Event;
    return SUCCESS;
}

int cuEventDestroy_v2(Event* event) {
    ENTER("cuEventDestroy");
    delete event;
    return SUCCESS;
}

int cuEventRecord(Event* event, Stream* stream) {
    ENTER("cuEventRecord");
    auto signal = signal_of(*here);
    event->signal = signal;
    stream->add([signal, stream] {
        signal->played = stream->played;
        signal->happen();
    });
    return SUCCESS;
}

int cuEventQuery(Event* event) {
    ENTER("cuEventQuery");
    if (!event->signal) return SUCCESS;
    std::lock_guard lock(event->signal->mutex);
    return event->signal->happened ? SUCCESS : NOT_READY;
}

int cuEventElapsedTime(float* millis, Event* start, Event* end) {
    ENTER("cuEventElapsedTime");
    if (!start->signal || !end->signal) return INVALID_HANDLE;
    if (!start->signal->happened || !end->signal->happened) return NOT_READY;
    *millis = std::chrono::duration<float, std::milli>(end->signal->when - start->signal->when).count();
    std::lock_guard lock(here->mutex);
    if (!here->takes.empty()) *millis = (float)(end->signal->played - start->signal->played);
    return SUCCESS;
}

int cuModuleLoadData(Module** module, const void* image) {
    ENTER("cuModuleLoadData");
    const Elf64_Ehdr* header = (const Elf64_Ehdr*)image;
    if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return INVALID_IMAGE;
    const size_t bytes = header->e_shoff + (size_t)header->e_shentsize * header->e_shnum;
    char path[] = "/tmp/simulated-gpu-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0 || write(file, image, bytes) != (ssize_t)bytes) return INVALID_IMAGE;
    close(file);
    void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) std::fprintf(stderr, "simulated GPU: %s\n", dlerror());
    unlink(path);
    if (handle == nullptr) return INVALID_IMAGE;
    *module = new Module{handle, path, here};
    return SUCCESS;
}

int cuModuleUnload(Module* module) {
    ENTER("cuModuleUnload");
    // Left loaded: its thread-local memory may belong to threads that still run.
    delete module;
    return SUCCESS;
}

int cuModuleGetFunction(Function** function, Module* module, const char* name) {
    ENTER("cuModuleGetFunction");
    const std::string own = name;
    void* run = dlsym(module->handle, ("sim_launch_" + own).c_str());
    void* sizes = dlsym(module->handle, ("sim_sizes_" + own).c_str());
    if (run == nullptr || sizes == nullptr) return NOT_FOUND;
    *function = new Function{own, (LaunchFunction)run, (int (*)(size_t*, int))sizes, 48 * 1024, module->owner};
    return SUCCESS;
}

int cuFuncSetAttribute(Function* function, int attribute, int value) {
    ENTER("cuFuncSetAttribute");
    if (attribute != 8 || value > 227 * 1024) return INVALID_VALUE;
    function->shared_limit = value;
    return SUCCESS;
}

int cuLaunchKernel(
        Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared_bytes, Stream* stream,
        void** parameters, void**) {
    ENTER("cuLaunchKernel");
    // A kernel belongs to the context it was loaded in, a stream to its own; a driver refuses to bring two together.
    if (function->owner != stream->device || here != stream->device) return INVALID_HANDLE;
    const bool sizes_valid = gx > 0 && gy > 0 && gz > 0 && gx <= 0x7fffffffu && gy <= 65535 && gz <= 65535 && bx > 0 && by > 0 && bz > 0 && bx * by * bz <= 1024;
    if (!sizes_valid || (int)shared_bytes > function->shared_limit) return INVALID_VALUE;
    // Parameters are copied at launch, as the driver does.
    size_t sizes[64];
    const int count = function->sizes(sizes, 64);
    auto held = std::make_shared<std::vector<std::vector<char>>>();
    for (int i = 0; i < count; i++) {
        // 64-byte aligned as tensor maps must be.
        std::vector<char> bytes(sizes[i] + 64);
        char* at = bytes.data() + (64 - (uintptr_t)bytes.data() % 64) % 64;
        std::memcpy(at, parameters[i], sizes[i]);
        held->push_back(std::move(bytes));
    }
    const uint32_t order = machine().order;
    std::shared_ptr<Signal> hang;
    {
        std::lock_guard lock(here->mutex);
        here->launched++;
        if (here->hang_after >= 0 && here->hang_after-- == 0) {
            here->hang_after = 0;
            hang = here->hanging;
        }
    }
    begin(stream, function->name);
    stream->add([=] {
        if (hang) hang->await();
        if (stream->device->broken() || hang) return;
        std::vector<void*> pointers;
        for (auto& bytes : *held) pointers.push_back(bytes.data() + (64 - (uintptr_t)bytes.data() % 64) % 64);
        const Launch launch{{gx, gy, gz}, {bx, by, bz}, shared_bytes, pointers.data(), order, guarded};
        int status = function->run(&launch);
        const char* const wrong = status == LAUNCH_TIMEOUT ? "have threads that wait for each other for ever" : status != 0 ? "reach beyond the device's memory" : nullptr;
        std::lock_guard lock(stream->device->mutex);
        bool written = false;
        for (auto& [address, mapping] : stream->device->memory) written |= overrun(mapping, address);
        if (status == 0 && written) status = ILLEGAL_ADDRESS;
        if (status == 0) return;
        std::fprintf(stderr, "simulated GPU: blocks of %s %s\n", function->name.c_str(), wrong != nullptr ? wrong : "wrote around an allocation");
        stream->device->sticky = status;
    });
    return SUCCESS;
}

int cuGetErrorName(int status, const char** name) {
    switch (status) {
        case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
        case INVALID_HANDLE: *name = "CUDA_ERROR_INVALID_HANDLE"; break;
        case NO_DEVICE: *name = "CUDA_ERROR_NO_DEVICE"; break;
        case INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
        case NOT_FOUND: *name = "CUDA_ERROR_NOT_FOUND"; break;
        case ILLEGAL_ADDRESS: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
        case LAUNCH_TIMEOUT: *name = "CUDA_ERROR_LAUNCH_TIMEOUT"; break;
        case MISALIGNED_ADDRESS: *name = "CUDA_ERROR_MISALIGNED_ADDRESS"; break;
        default: *name = "CUDA_ERROR"; break;
    }
    return SUCCESS;
}

int cuGetErrorString(int, const char** text) {
    *text = "as the simulation was told";
    return SUCCESS;
}

// Rank-two float16 maps with the 128-byte swizzle: what the kernels use. The layout within the 128 bytes is the simulator's own.
int cuTensorMapEncodeTiled(
        void* map, int type, uint32_t rank, void* address, const uint64_t* dims, const uint64_t* strides, const uint32_t* box, const uint32_t* steps,
        int interleave, int swizzle, int, int fill) {
    ENTER("cuTensorMapEncodeTiled");
    const bool valid = (uintptr_t)map % 64 == 0 && type == 6 && rank == 2 && (uintptr_t)address % 16 == 0 && strides[0] % 16 == 0 && box[0] >= 1 &&
                       box[0] * 2 <= 128 && box[1] >= 1 && box[1] <= 256 && steps[0] == 1 && steps[1] == 1 && interleave == 0 && swizzle == 3 && fill == 0;
    if (!valid) return INVALID_VALUE;
    uint64_t* words = (uint64_t*)map;
    words[0] = 0x5349544d41500001;
    words[1] = (uint64_t)address;
    words[2] = dims[0];
    words[3] = dims[1];
    words[4] = strides[0];
    words[5] = box[0];
    words[6] = box[1];
    return SUCCESS;
}

}  // extern "C"
