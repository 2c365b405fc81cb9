// The hooks that see calls for sockets: as system calls, and through io_uring. Each kernel
// has them at other places. The rest of class Hooks is in hooks.cc.
#include "hooks.h"
#include "kernel_probes.h"

namespace synscope {

namespace {

#if defined(__x86_64__)
constexpr char kSyscallPrefix[] = "__x64_sys_";
#elif defined(__aarch64__)
constexpr char kSyscallPrefix[] = "__arm64_sys_";
#endif

constexpr const char* kCalls[] = {"connect", "accept", "accept4", "socket", "bind", "listen"};

// 6.4, 2ad57931db64: io_uring_submit_sqe became io_uring_submit_req.
const std::string kUring = "io_uring_";
const std::string kSubmit = kUring + "submit_req";
const std::string kSubmitBefore6_4 = kUring + "submit_sqe";
// 6.0, "io_uring: clean up tracing events": the request and a flag instead of seven fields.
constexpr int kSubmitArgumentsSince6_0 = 2;

std::string submit_tracepoint(const KernelTypes& types) {
  return types.tracepoint_arguments(kSubmit) >= 0 ? kSubmit : kSubmitBefore6_4;
}

}  // namespace

// Attaches each program of `object`, which is loaded with them alone when it is null. False
// with the problem if one is refused.
bool Hooks::attach_all(const std::vector<Program>& programs, bpf_object* object,
                       std::string* problem) {
  int error = 0;
  if (object == nullptr) object = load(programs, true, problem, &error);
  bool attached = object != nullptr;
  for (const Program& program : programs)
    attached = attached && attach(object, program.name, problem);
  return attached;
}

// connect and accept: fexit on the few syscalls costs nothing elsewhere; where the
// kernel refuses it, one program at sys_exit sees the same.
void Hooks::attach_calls() {
  std::vector<Program> programs;
  for (const char* call : kCalls)
    programs.push_back({std::string("synscope_") + call, std::string(kSyscallPrefix) + call});
  std::string problem;
  std::string connect_hook = std::string("fexit/") + kSyscallPrefix + "connect";
  std::string accept_hook = std::string("fexit/") + kSyscallPrefix + "accept{,4}";
  bool attached = attach_all(programs, nullptr, &problem);
  if (!attached) {
    problem.clear();
    attached = attach_all({{"synscope_sys_exit", ""}}, nullptr, &problem);
    connect_hook = accept_hook = "tp_btf/sys_exit";
  }
  report("connect", connect_hook,
         attached ? "" : problem + "; the descriptor and the result of connect are not seen");
  report("accept", accept_hook,
         attached ? "" : problem + "; accepted connections have no owner until they send or close");
}

// Where a request is submitted and where it completes. Both must name the request itself:
// none where they do not.
std::vector<Hooks::Program> Hooks::uring_programs(const KernelTypes& types) {
  std::string submit = submit_tracepoint(types);
  if (submit == kSubmitBefore6_4 &&
      types.tracepoint_arguments(submit) != kSubmitArgumentsSince6_0)
    return {};
  return {{"synscope_uring_submit", submit},
          {"synscope_uring_unprepared", ""},
          {"synscope_uring_complete", ""}};
}

void Hooks::attach_uring(const KernelTypes& types, bpf_object* whole) {
  std::string submit = submit_tracepoint(types);
  std::vector<Program> programs = uring_programs(types);
  std::string problem;
  if (!programs.empty())
    attach_all(programs, whole, &problem);
  else if (types.tracepoint_arguments(submit) < 0)
    problem = "this kernel does not have it";
  else
    problem = "before 6.0 it does not name the request";
  report("io-uring", "tp_btf/io_uring_{" + submit.substr(kUring.size()) + ",complete}",
         problem.empty() ? ""
                         : problem + "; what calls made through io_uring returned is not seen, "
                                     "only their changes of state");
}

}  // namespace synscope
