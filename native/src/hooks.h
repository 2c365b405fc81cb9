// Loads the BPF programs, attaches each to its hook, and says which are in force. What
// this kernel cannot attach is reported and left out; only `state` is required.
// Reads bpf/*.bpf.c (embedded by programs.S); used by capture.cc.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace synscope {

class KernelTypes;

struct HookStatus {
  std::string family;
  std::string hook;
  bool attached;
  bool required;
  std::string problem;  // empty when attached
};

struct KernelCounts {
  uint64_t emitted = 0;
  uint64_t lost = 0;
  uint64_t missed = 0;
  uint64_t stacks_skipped = 0;
  uint64_t stacks_lost = 0;  // of `lost`
  uint64_t drops_skipped = 0;
};

// File descriptors of the iterators' links, -1 where this kernel has none.
struct IteratorLinks {
  int sockets = -1;
  int owners = -1;
  int threads = -1;
};

class Hooks {
 public:
  // Throws Failure when there can be no capture at all.
  explicit Hooks(size_t ring_bytes);
  ~Hooks();
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  const std::vector<HookStatus>& statuses() const { return statuses_; }
  int ring_fd() const;
  int reader_asleep_fd() const;
  KernelCounts counts() const;

  const IteratorLinks& iterators() const { return iterators_; }
  int threads_wanted_fd() const;

  // Detaches every hook; the maps stay readable.
  void detach();

 private:
  struct Program {
    std::string name;
    std::string target;  // function or tracepoint; empty = the one that it was compiled for
  };

  bpf_object* load(const std::vector<Program>& programs, bool shares_maps, std::string* problem,
                   int* error);
  void configure(bpf_object* object, bool shares_maps) const;
  bool attach(bpf_object* object, const std::string& program, std::string* problem);
  bool attach_all(const std::vector<Program>& programs, bpf_object* object, std::string* problem);
  void attach_calls();
  static std::vector<Program> uring_programs(const KernelTypes& types);
  void attach_uring(const KernelTypes& types, bpf_object* whole);
  void report(const std::string& family, const std::string& hook, const std::string& problem);

  size_t ring_bytes_;
  std::vector<bpf_object*> objects_;  // the first one owns the maps
  std::vector<bpf_link*> links_;
  std::vector<int> program_fds_;  // but for synscope_state's
  int state_program_ = -1;
  int drops_program_ = -1;
  std::vector<HookStatus> statuses_;
  IteratorLinks iterators_;
};

}  // namespace synscope
