// See kernel_symbols.h.
#include "kernel_symbols.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace synscope {

namespace {

constexpr uint64_t kLongestFunction = 1 << 20;  // bytes; the kernel's longest has 100 KB

bool starts_with(const char* text, const char* prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

// Labels that are not functions of their own: padding before a function, and the
// copies that run before the kernel has mapped itself.
bool is_shadow(const char* name) {
  return starts_with(name, "__pfx_") || starts_with(name, "__pi_");
}

struct Line {
  uint64_t address;
  char type;
  const char* name;
  const char* module;  // empty for the kernel itself
};

// Takes `address type name`, then a tab and `[module]` for a module's, apart in place: sscanf
// takes several times as long, and there are 100,000 to 300,000 lines.
bool read_line(char* text, Line* line) {
  char* at;
  line->address = strtoull(text, &at, 16);
  if (at == text || at[0] != ' ' || at[1] == '\0' || at[2] != ' ') return false;
  line->type = at[1];
  char* name = at + 3;
  char* end = name + strcspn(name, "\t\n");
  line->name = name;
  line->module = "";
  if (end == name) return false;
  if (*end == '\t' && end[1] == '[') {
    char* module = end + 2;
    module[strcspn(module, "]\n")] = '\0';
    line->module = module;
  }
  *end = '\0';
  return true;
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
  char text[1024];
  bool any_address = false;
  while (fgets(text, sizeof(text), file) != nullptr) {
    Line line;
    if (!read_line(text, &line)) continue;
    any_address = any_address || line.address != 0;
    if (strchr("tTwW", line.type) == nullptr || is_shadow(line.name) || line.address == 0) continue;
    if (line.module[0] != '\0' && modules_.back() != line.module) modules_.push_back(line.module);
    uint32_t index = line.module[0] == '\0' ? 0 : modules_.size() - 1;
    entries_.push_back({line.address, static_cast<uint32_t>(names_.size()), index});
    names_.append(line.name).push_back('\0');
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
  // Behind the last function: code of a program or module that the table does not have.
  if (strcmp(&names_[entry->name], "_einittext") == 0 || address - entry->address > kLongestFunction)
    return false;
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
