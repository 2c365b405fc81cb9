// What the running kernel offers, asked before the programs are loaded: the values of
// the switches in bpf/core_fixes.h.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <string>

namespace synscope {

struct KernelProbes {
  bool have_socket_cookie;
  bool have_sock_from_file;
  bool have_current_task;
  bool have_task_registers;
  bool have_reset_reason;
  uint64_t tick_ns;
};

// The kernel's own BTF. Throws Failure(ENOENT) when it has none.
class KernelTypes {
 public:
  KernelTypes();
  ~KernelTypes();
  KernelTypes(const KernelTypes&) = delete;
  KernelTypes& operator=(const KernelTypes&) = delete;

  // Arguments of a BTF-typed tracepoint, without the leading private pointer; -1 when
  // this kernel does not have it.
  int tracepoint_arguments(const std::string& name) const;
  bool has_function(const std::string& name) const;

 private:
  btf* types_;
};

KernelProbes probe_kernel(const KernelTypes& types);

}  // namespace synscope
