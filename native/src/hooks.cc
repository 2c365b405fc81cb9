// See hooks.h.
#include "hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "events.h"
#include "js_values.h"
#include "kernel_probes.h"
#include "libbpf_log.h"
#include "signals_blocked.h"

extern "C" const unsigned char synscope_programs[];
extern "C" const unsigned char synscope_programs_end[];

namespace synscope {

namespace {

enum class Kind { kTracepoint, kIterator, kSleepableIterator };

struct Hook {
  const char* family;
  const char* program;
  Kind kind;
  const char* target;
  bool required;
  const char* missed;  // what the user does not see without it
};

constexpr Hook kHooks[] = {
    {"state", "synscope_state", Kind::kTracepoint, "inet_sock_set_state", true,
     "there is no capture without it"},
    {"state-nested", "synscope_state_nested", Kind::kTracepoint, "inet_sock_set_state", false,
     "state changes that interrupt the recording of another one are counted as lost"},
    {"retransmit", "synscope_retransmit", Kind::kTracepoint, "tcp_retransmit_skb", false,
     "retransmitted SYNs and data are not seen"},
    {"synack-retransmit", "synscope_synack", Kind::kTracepoint, "tcp_retransmit_synack", false,
     "retransmitted SYN-ACKs are not seen"},
    {"reset-sent", "synscope_reset_sent", Kind::kTracepoint, "tcp_send_reset", false,
     "resets that this machine sends are not seen"},
    {"reset-received", "synscope_reset_received", Kind::kTracepoint, "tcp_receive_reset", false,
     "received resets show only as the error of the connection"},
    {"error", "synscope_error", Kind::kTracepoint, "inet_sk_error_report", false,
     "errors come from the socket at its state change instead (kernels before 5.15)"},
    {"icmp", "synscope_icmp", Kind::kTracepoint, "consume_skb", false,
     "which ICMP error a socket was told of, and by whom, is not seen"},
    {"drop", "synscope_drop", Kind::kTracepoint, "kfree_skb", false,
     "packets that this machine throws away are not seen (kernels before 5.17 give no reason)"},
    {"destroy", "synscope_destroy", Kind::kTracepoint, "tcp_destroy_sock", false,
     "final counters come from the last state change instead"},
    {"sockets", "synscope_sockets", Kind::kIterator, "tcp", false,
     "connections older than the capture and per-second metrics are not seen"},
    {"owners", "synscope_owners", Kind::kIterator, "task_file", false,
     "connections older than the capture have no owner"},
    {"thread-stack", "synscope_thread_stack", Kind::kSleepableIterator, "task", false,
     "a thread that waits cannot be asked for its stack (kernels before 5.18)"},
};

std::string hook_name(const Hook& hook) {
  if (hook.kind == Kind::kTracepoint) return std::string("tp_btf/") + hook.target;
  return (hook.kind == Kind::kIterator ? "iter/" : "iter.s/") + std::string(hook.target);
}

// 5.17, c504e5c2f964: kfree_skb gained its reason, as third argument.
constexpr int kReasonArguments = 3;

bool exists(const KernelTypes& types, const Hook& hook) {
  if (strcmp(hook.target, "kfree_skb") == 0)
    return types.tracepoint_arguments(hook.target) >= kReasonArguments;
  if (hook.kind == Kind::kTracepoint) return types.tracepoint_arguments(hook.target) >= 0;
  // The helper that needs a program that may sleep came with these: 5.18, 376040e47334.
  if (hook.kind == Kind::kSleepableIterator && !types.has_function("bpf_copy_from_user_task"))
    return false;
  return types.has_function(std::string("bpf_iter_") + hook.target);
}

// Sets a `const volatile` switch of the object before it is loaded.
template <typename T>
void set_switch(bpf_object* object, const char* name, T value) {
  const btf* types = bpf_object__btf(object);
  bpf_map* constants = bpf_object__find_map_by_name(object, ".rodata");
  size_t size = 0;
  const void* initial = bpf_map__initial_value(constants, &size);  // not const in every libbpf
  auto* memory = static_cast<uint8_t*>(const_cast<void*>(initial));
  int id = btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
  if (id < 0 || memory == nullptr) return;
  const btf_type* section = btf__type_by_id(types, id);
  const btf_var_secinfo* variable = btf_var_secinfos(section);
  for (int i = 0; i < btf_vlen(section); i++, variable++) {
    const btf_type* type = btf__type_by_id(types, variable->type);
    if (strcmp(btf__name_by_offset(types, type->name_off), name) == 0 &&
        variable->size == sizeof(T) && variable->offset + sizeof(T) <= size) {
      memcpy(memory + variable->offset, &value, sizeof(T));
    }
  }
}

// Before 5.11 maps are charged against this limit; later it does not matter, and an
// unprivileged caller that may not raise it is not hindered.
void raise_memlock_limit() {
  rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

bool is_refusal(int error) { return error == EPERM || error == EACCES; }

Failure cannot_capture(int error, const std::string& complaint) {
  if (is_refusal(error) && geteuid() == 0)
    return Failure("EPERM",
                   "Loading eBPF programs is not permitted, though this is root. A container without "
                   "--privileged (or --cap-add BPF,PERFMON) or a locked-down kernel (see "
                   "/sys/kernel/security/lockdown) forbids it: start Synscope on the host itself.");
  if (is_refusal(error))
    return Failure("EPERM",
                   "Loading eBPF programs is not permitted. Synscope needs root, or the capabilities "
                   "CAP_BPF and CAP_PERFMON to load them, and CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, "
                   "CAP_SYSLOG and CAP_NET_ADMIN to name what they see.");
  return Failure(strerrorname_np(error) ? strerrorname_np(error) : "EINVAL",
                 "The hook on TCP state changes cannot be loaded, so there is nothing to show: " +
                     std::string(strerror(error)) + " (" + complaint +
                     "). Synscope supports Linux 5.10 and later.");
}

// Runs of a program that the kernel skipped.
uint64_t misses_of(int program_fd) {
  bpf_prog_info info = {};
  uint32_t size = sizeof(info);
  return bpf_obj_get_info_by_fd(program_fd, &info, &size) == 0 ? info.recursion_misses : 0;
}

}  // namespace

Hooks::Hooks(size_t ring_bytes) : ring_bytes_(ring_bytes) {
  capture_libbpf_log();
  raise_memlock_limit();
  KernelTypes types;
  std::vector<Program> all = uring_programs(types);
  for (const Hook& hook : kHooks)
    if (exists(types, hook)) all.push_back({hook.program, ""});

  // One object with everything loads fastest. Should one program be refused, each goes
  // into an object of its own, sharing the maps, so that the others work.
  std::string problem;
  int error = 0;
  bpf_object* whole = load(all, false, &problem, &error);
  bpf_object* state = whole ? whole : load({{kHooks[0].program, ""}}, false, &problem, &error);
  if (state == nullptr) throw cannot_capture(error, problem);
  for (size_t i = 0; i < std::size(kHooks); i++) {
    const Hook& hook = kHooks[i];
    bpf_object* object = i == 0 ? state : whole;
    problem.clear();
    if (!exists(types, hook))
      problem = "this kernel does not have it";
    else if (object == nullptr)
      object = load({{hook.program, ""}}, true, &problem, &error);
    if (problem.empty() && object != nullptr) attach(object, hook.program, &problem);
    if (!problem.empty() && hook.required) throw cannot_capture(error ? error : EINVAL, problem);
    report(hook.family, hook_name(hook), problem.empty() ? "" : problem + "; " + hook.missed);
  }
  attach_calls();
  attach_uring(types, whole);
}

Hooks::~Hooks() {
  detach();
  for (bpf_object* object : objects_) bpf_object__close(object);
}

void Hooks::report(const std::string& family, const std::string& hook,
                   const std::string& problem) {
  statuses_.push_back({family, hook, problem.empty(), family == "state", problem});
}

bpf_object* Hooks::load(const std::vector<Program>& programs, bool shares_maps,
                        std::string* problem, int* error) {
  bpf_object_open_opts options = {};
  options.sz = sizeof(options);
  options.object_name = "synscope";
  bpf_object* object = bpf_object__open_mem(
      synscope_programs, synscope_programs_end - synscope_programs, &options);
  if (object == nullptr) {
    *error = errno;
    *problem = take_libbpf_complaint();
    return nullptr;
  }
  configure(object, shares_maps);
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    std::string name = bpf_program__name(program);
    auto wanted = std::find_if(programs.begin(), programs.end(),
                               [&name](const Program& each) { return each.name == name; });
    bpf_program__set_autoload(program, wanted != programs.end());
    if (wanted != programs.end() && !wanted->target.empty())
      bpf_program__set_attach_target(program, 0, wanted->target.c_str());
  }
  SignalsBlocked while_loading;
  int result = bpf_object__load(object);
  if (result != 0) {
    *error = -result;
    *problem = take_libbpf_complaint();
    if (problem->empty()) *problem = strerror(-result);
    bpf_object__close(object);
    return nullptr;
  }
  take_libbpf_complaint();
  objects_.push_back(object);
  return object;
}

// Sizes the ring, sets the switches, and for every object after the first takes over
// the first one's maps.
void Hooks::configure(bpf_object* object, bool shares_maps) const {
  static const KernelProbes probes = probe_kernel(KernelTypes());
  set_switch(object, "have_socket_cookie", probes.have_socket_cookie);
  set_switch(object, "have_sock_from_file", probes.have_sock_from_file);
  set_switch(object, "have_current_task", probes.have_current_task);
  set_switch(object, "have_task_registers", probes.have_task_registers);
  set_switch(object, "have_reset_reason", probes.have_reset_reason);
  set_switch(object, "tick_ns", probes.tick_ns);
  set_switch(object, "ignored_reasons", probes.ignored_drop_reasons);
  set_switch(object, "wakeup_bytes", static_cast<uint64_t>(ring_bytes_ / 2));
  bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "events"), ring_bytes_);
  if (!shares_maps || objects_.empty()) return;
  bpf_map* map;
  bpf_object__for_each_map(map, object) {
    const char* name = bpf_map__name(map);
    if (bpf_map__is_internal(map)) continue;
    bpf_map__reuse_fd(map, bpf_object__find_map_fd_by_name(objects_.front(), name));
  }
}

bool Hooks::attach(bpf_object* object, const std::string& name, std::string* problem) {
  bpf_program* program = bpf_object__find_program_by_name(object, name.c_str());
  bool iterator = bpf_program__expected_attach_type(program) == BPF_TRACE_ITER;
  bpf_link* link = iterator ? bpf_program__attach_iter(program, nullptr)
                            : bpf_program__attach(program);
  if (link == nullptr) {
    *problem = strerror(errno);
    take_libbpf_complaint();
    return false;
  }
  links_.push_back(link);
  if (name == "synscope_sockets")
    iterators_.sockets = bpf_link__fd(link);
  else if (name == "synscope_owners")
    iterators_.owners = bpf_link__fd(link);
  else if (name == "synscope_thread_stack")
    iterators_.threads = bpf_link__fd(link);
  else if (name == "synscope_drop")  // a packet that is not told costs no row its truth
    drops_program_ = bpf_program__fd(program);
  else if (name == "synscope_state")
    state_program_ = bpf_program__fd(program);
  else if (name != "synscope_state_nested")  // what it is skipped for, the first one recorded
    program_fds_.push_back(bpf_program__fd(program));
  return true;
}

int Hooks::ring_fd() const { return bpf_object__find_map_fd_by_name(objects_.front(), "events"); }

int Hooks::threads_wanted_fd() const {
  return bpf_object__find_map_fd_by_name(objects_.front(), "threads_wanted");
}

int Hooks::reader_asleep_fd() const {
  return bpf_object__find_map_fd_by_name(objects_.front(), "reader_asleep");
}

KernelCounts Hooks::counts() const {
  KernelCounts sum;
  uint64_t rescued = 0;
  int cpus = libbpf_num_possible_cpus();
  std::vector<capture_counts> per_cpu(cpus > 0 ? cpus : 0);
  uint32_t zero = 0;
  int map = bpf_object__find_map_fd_by_name(objects_.front(), "counts");
  if (cpus > 0 && bpf_map_lookup_elem(map, &zero, per_cpu.data()) == 0) {
    for (const capture_counts& counts : per_cpu) {
      sum.emitted += counts.emitted;
      sum.lost += counts.lost;
      sum.stacks_skipped += counts.stacks_skipped;
      sum.stacks_lost += counts.stacks_lost;
      sum.drops_skipped += counts.drops_skipped;
      rescued += counts.rescued;
    }
  }
  for (int fd : program_fds_) sum.missed += misses_of(fd);
  // The second program of the hook makes good what the first one is skipped for, and
  // nothing else. Counted by another CPU a moment later than the miss.
  uint64_t state_missed = misses_of(state_program_);
  sum.missed += state_missed - std::min(state_missed, rescued);
  if (drops_program_ >= 0) sum.drops_skipped += misses_of(drops_program_);
  return sum;
}

void Hooks::detach() {
  // Backwards: synscope_state_nested must not stay behind and take over.
  for (auto link = links_.rbegin(); link != links_.rend(); ++link) bpf_link__destroy(*link);
  links_.clear();
  iterators_ = {};
}

}  // namespace synscope
