// Reads the BPF iterators (bpf/sockets.bpf.c): every socket of every network namespace
// that can be entered, and the owner of each. One thread of its own, since a thread
// sees the sockets of the namespace that it is in. Its records go to batches.cc.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "batches.h"

namespace synscope {

// The network namespaces of one scan. Neither has those that no process is in: sockets
// that nobody owns any more, and a name below /run/netns, keep such a one.
struct Scanned {
  std::vector<uint64_t> entered;  // inodes
  int skipped = 0;                // how many could not be entered
};

class Iterators {
 public:
  // Descriptors of the iterators' links (borrowed), -1 = this kernel has none.
  Iterators(int sockets_link, int owners_link, Batches& batches);
  ~Iterators();

  // Queues a scan. `done` is told on this thread, after the last record was appended.
  void scan(bool owners, std::function<void(const Scanned&)> done);

  uint64_t scanned() const { return scanned_; }

  // Ends the thread; scans that have not begun are done with nothing.
  void stop();

 private:
  struct Request {
    bool owners;
    std::function<void(const Scanned&)> done;
  };
  void run();
  Scanned scan_namespaces();
  void read_all(int link);

  int sockets_link_;
  int owners_link_;
  Batches& batches_;
  std::atomic<uint64_t> scanned_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request> requests_;
  std::thread thread_;
};

}  // namespace synscope
