// See kernel_symbols.h.
#include "kernel_symbols.h"

#include <algorithm>
#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace synscope {

namespace {

bool starts_with(const char* text, const char* prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

// Labels that are not functions of their own: padding before a function, and the
// copies that run before the kernel has mapped itself.
bool is_shadow(const char* name) {
  return starts_with(name, "__pfx_") || starts_with(name, "__pi_");
}

}  // namespace

void KernelSymbols::load() {
  entries_.clear();
  names_.clear();
  modules_.assign(1, "vmlinux");
  problem_.clear();
  FILE* file = fopen("/proc/kallsyms", "re");
  if (file == nullptr) {
    problem_ = "/proc/kallsyms cannot be read";
    return;
  }
  char line[1024], name[768], module[128];
  bool any_address = false;
  while (fgets(line, sizeof(line), file) != nullptr) {
    uint64_t address;
    char type;
    module[0] = '\0';
    if (sscanf(line, "%" SCNx64 " %c %767s [%127[^]]]", &address, &type, name, module) < 3) continue;
    any_address = any_address || address != 0;
    if (strchr("tTwW", type) == nullptr || is_shadow(name) || address == 0) continue;
    if (module[0] != '\0' && modules_.back() != module) modules_.push_back(module);
    uint32_t index = module[0] == '\0' ? 0 : modules_.size() - 1;
    entries_.push_back({address, static_cast<uint32_t>(names_.size()), index});
    names_.append(name).push_back('\0');
  }
  fclose(file);
  if (!any_address)
    problem_ = "kptr_restrict hides kernel addresses (it needs CAP_SYSLOG, and "
               "kernel.kptr_restrict below 2)";
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.address < b.address; });
}

bool KernelSymbols::find(uint64_t address, KernelSymbol* found) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](uint64_t wanted, const Entry& e) { return wanted < e.address; });
  if (after == entries_.begin()) return false;
  auto entry = after - 1;
  while (entry != entries_.begin() && (entry - 1)->address == entry->address) entry--;
  found->name = &names_[entry->name];
  found->module = modules_[entry->module];
  found->offset = address - entry->address;
  return true;
}

bool is_trampoline(const KernelSymbol& symbol) {
  return starts_with(symbol.name.c_str(), "bpf_trampoline_");
}

bool is_tracing_frame(const KernelSymbol& symbol) {
  const char* name = symbol.name.c_str();
  return symbol.module == "bpf" || starts_with(name, "bpf_trace_run") ||
         starts_with(name, "__bpf_trace_") || starts_with(name, "__traceiter_") ||
         is_trampoline(symbol) || starts_with(name, "bpf_prog_") ||
         starts_with(name, "bpf_get_stack");
}

}  // namespace synscope
