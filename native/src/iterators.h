// Reads the BPF iterators: every socket of every network namespace that can be entered, and
// the owner of each (bpf/sockets.bpf.c); the stack of one thread (bpf/thread_stack.bpf.c).
// One thread of its own, since a thread sees the sockets of the namespace that it is in.
// Its records go to batches.cc.
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
#include "hooks.h"

struct thread_wanted;  // bpf/events.h

namespace synscope {

// The network namespaces of one scan. Neither has those that no process is in: sockets
// that nobody owns any more, and a name below /run/netns, keep such a one.
struct Scanned {
  std::vector<uint64_t> entered;  // inodes
  int skipped = 0;                // how many could not be entered
};

class Iterators {
 public:
  // Descriptors are borrowed.
  Iterators(const IteratorLinks& links, int threads_wanted_fd, Batches& batches);
  ~Iterators();

  // Queues a scan. `done` is told on this thread, after the last record was appended.
  void scan(bool owners, std::function<void(const Scanned&)> done);

  // Queues a look at one thread, with `done` as above.
  void ask_thread(const thread_wanted& wanted, std::function<void()> done);

  uint64_t scanned() const { return scanned_; }

  // Ends the thread; what has not begun is done with nothing.
  void stop();

 private:
  void queue(std::function<void()> work);
  void run();
  Scanned scan_namespaces();
  void read_all(int link);

  IteratorLinks links_;
  int threads_wanted_fd_;
  Batches& batches_;
  std::atomic<uint64_t> scanned_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  std::thread thread_;
};

}  // namespace synscope
