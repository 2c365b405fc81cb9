// What the running kernel offers, asked before the programs are loaded: the values of
// the switches in bpf/core_fixes.h.
#pragma once

#include <bpf/btf.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace synscope {

struct KernelProbes {
  bool have_socket_cookie;
  bool have_sock_from_file;
  bool have_current_task;
  bool have_task_registers;
  bool have_reset_reason;
  uint64_t tick_ns;
  // One bit for each enum skb_drop_reason that is not worth a record.
  std::array<uint64_t, 4> ignored_drop_reasons;
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
  // Names of an enum's values, without `prefix`; empty when this kernel does not have it.
  std::map<uint32_t, std::string> enum_names(const std::string& name,
                                             const std::string& prefix) const;

 private:
  btf* types_;
};

KernelProbes probe_kernel(const KernelTypes& types);

}  // namespace synscope
