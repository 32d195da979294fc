// Stands for the library of NVRTC's built-in functions, which NVRTC opens by its name at the first compilation.
extern "C" int sim_builtins() { return 0; }
