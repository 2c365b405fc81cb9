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

std::map<uint32_t, std::string> KernelTypes::enum_names(const std::string& name,
                                                        const std::string& prefix) const {
  std::map<uint32_t, std::string> names;
  int id = btf__find_by_name_kind(types_, name.c_str(), BTF_KIND_ENUM);
  if (id < 0) return names;
  const btf_type* type = btf__type_by_id(types_, id);
  const struct btf_enum* value = btf_enum(type);
  for (int i = 0; i < btf_vlen(type); i++, value++) {
    std::string text = btf__name_by_offset(types_, value->name_off);
    if (text.rfind(prefix, 0) == 0) text = text.substr(prefix.size());
    names.emplace(static_cast<uint32_t>(value->val), text);
  }
  return names;
}

namespace {

// What these say is said by other events (a RST, a retransmission), or nothing was lost.
constexpr const char* kIgnoredReasons[] = {
    "SKB_NOT_DROPPED_YET", "SKB_CONSUMED",     "NOT_SPECIFIED", "NO_SOCKET",   "SOCKET_CLOSE",
    "TCP_OLD_DATA",        "TCP_OFOMERGE",     "TCP_RESET",     "TCP_CLOSE",   "QUEUE_PURGE",
    "TCP_OLD_ACK",         "TCP_OLD_SEQUENCE", "TCP_FASTOPEN",  "SOCKET_FILTER"};

std::array<uint64_t, 4> ignored_drop_reasons(const KernelTypes& types) {
  std::array<uint64_t, 4> bits = {};
  for (const auto& [value, name] : types.enum_names("skb_drop_reason", "SKB_DROP_REASON_"))
    for (const char* ignored : kIgnoredReasons)
      if (name == ignored && value / 64 < bits.size()) bits[value / 64] |= UINT64_C(1) << value % 64;
  return bits;
}

}  // namespace

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
      ignored_drop_reasons(types),
  };
}

}  // namespace synscope
