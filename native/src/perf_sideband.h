// Hears from the kernel about every executable mapping, exec, fork and exit of the
// machine, so that the stack of a program that has already ended can still be named.
// A software dummy event per CPU; records are merged across CPUs by their time. To
// mappings.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "mappings.h"

namespace synscope {

class PerfSideband {
 public:
  explicit PerfSideband(Mappings& mappings);
  ~PerfSideband();
  PerfSideband(const PerfSideband&) = delete;
  PerfSideband& operator=(const PerfSideband&) = delete;

  // Why it is not in force; empty when it is.
  const std::string& problem() const { return problem_; }

 private:
  struct Cpu;
  struct Record {
    uint64_t time_ns;
    std::vector<uint8_t> bytes;
  };
  void run();
  void seed();
  void collect(Cpu& cpu);
  // True when nothing is left for later.
  bool apply_until(uint64_t time_ns);
  void apply(const Record& record);
  void leader_exited(uint32_t pid, uint64_t time_ns);
  void end_leaderless(uint64_t time_ns);
  std::shared_ptr<ElfFile> file_of(const Record& record);
  void apply_mapping(const Record& record);

  Mappings& mappings_;
  std::vector<std::unique_ptr<Cpu>> cpus_;
  std::vector<Record> waiting_;
  std::set<uint32_t> leaderless_;  // processes that live on without their first thread
  uint64_t looked_ns_ = 0;         // when those were last looked after
  std::string problem_;
  std::atomic<bool> stopping_{false};
  int wake_fd_ = -1;
  std::thread thread_;
};

}  // namespace synscope
