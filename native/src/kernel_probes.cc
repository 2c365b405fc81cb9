// See kernel_probes.h.
#include "kernel_probes.h"

#include <time.h>

#include "js_values.h"

namespace synscope {

KernelTypes::KernelTypes() : types_(btf__load_vmlinux_btf()) {
  if (types_ == nullptr)
    throw Failure("ENOENT",
                  "This kernel does not describe its types (/sys/kernel/btf/vmlinux is missing or "
                  "unreadable), so eBPF programs cannot be fitted to it. Use a kernel built with "
                  "CONFIG_DEBUG_INFO_BTF=y, as the distributions' kernels since 2020 are.");
}

KernelTypes::~KernelTypes() { btf__free(types_); }

int KernelTypes::tracepoint_arguments(const std::string& name) const {
  int id = btf__find_by_name_kind(types_, ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF);
  if (id < 0) return -1;
  const btf_type* type = btf__type_by_id(types_, id);
  type = btf__type_by_id(types_, type->type);
  if (!btf_is_ptr(type)) return -1;
  type = btf__type_by_id(types_, type->type);
  if (!btf_is_func_proto(type)) return -1;
  return static_cast<int>(btf_vlen(type)) - 1;
}

bool KernelTypes::has_function(const std::string& name) const {
  return btf__find_by_name_kind(types_, name.c_str(), BTF_KIND_FUNC) > 0;
}

KernelProbes probe_kernel(const KernelTypes& types) {
  timespec tick = {0, 4000000};
  clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return {
      // libbpf cannot probe the helpers of tracing programs, but each came with a kernel
      // function of its own, in the very version that let tracing programs call it.
      types.has_function("bpf_get_socket_ptr_cookie"),
      types.has_function("bpf_sock_from_file"),
      types.has_function("bpf_get_current_task_btf"),
      types.has_function("bpf_task_pt_regs"),
      types.tracepoint_arguments("tcp_send_reset") >= 3,
      static_cast<uint64_t>(tick.tv_nsec),
  };
}

}  // namespace synscope
