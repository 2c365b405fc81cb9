// Names of kernel addresses, from /proc/kallsyms. Used by symbolizer.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace synscope {

struct KernelSymbol {
  std::string name;
  std::string module;  // "vmlinux" or a module's name
  uint64_t offset;     // of the address from the symbol
};

class KernelSymbols {
 public:
  // Reads the table; again after programs or modules came and went.
  void load();

  // False when the address has no name; problem() may say why.
  bool find(uint64_t address, KernelSymbol* found) const;

  // Why there are no names at all; empty when there are.
  const std::string& problem() const { return problem_; }

 private:
  struct Entry {
    uint64_t address;
    uint32_t name;    // offset into names_
    uint32_t module;  // index into modules_
  };
  std::vector<Entry> entries_;
  std::vector<std::string> modules_;
  std::string names_;  // NUL-terminated, one after the other
  std::string problem_;
};

// True for the frames through which the kernel enters a BPF program: Synscope's own
// footprint at the top of a kernel stack.
bool is_tracing_frame(const KernelSymbol& symbol);

// True for the stub through which fexit programs of a function run.
bool is_trampoline(const KernelSymbol& symbol);

}  // namespace synscope
