// Finds the kernels that suit this CPU: one shared object per instruction set beside the module.
#pragma once
#include <dlfcn.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "interface.hpp"

namespace shoal {

// Instruction sets this CPU can run and this build contains, best first.
static inline std::vector<std::string> runnable() {
  std::vector<std::string> names;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512cd");
  if (v4) names.push_back("v4");
  if (v3) names.push_back("v3");
#endif
  names.push_back("plain");
  return names;
}

static inline std::string module_folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&module_folder), &info) || !info.dli_fname) return ".";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

static inline std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

// The kernels named by SHOAL_ISA, or the best ones.
static inline const Kernels* load_kernels() {
  const std::vector<std::string> names = runnable();
  const char* wish = std::getenv("SHOAL_ISA");
  std::string name = wish && *wish ? wish : names.front();
  bool known = false;
  for (const auto& candidate : names) known = known || candidate == name;
  if (!known)
    throw std::runtime_error("SHOAL_ISA: must be one of " + joined(names) + " on this CPU; got " +
                             name + ".");
  const std::string path = module_folder() + "/_kernels_" + name + ".so";
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw std::runtime_error(std::string("the compiled core is incomplete: ") + dlerror());
  using Entry = const Kernels* (*)();
  const Entry entry = reinterpret_cast<Entry>(dlsym(handle, "shoal_kernels"));
  const Kernels* kernels = entry ? entry() : nullptr;
  if (!kernels || kernels->abi != ABI)
    throw std::runtime_error("the compiled core is of another version: " + path);
  return kernels;
}

static inline const Kernels& kernels() {
  static const Kernels* loaded = load_kernels();
  return *loaded;
}

}  // namespace shoal
