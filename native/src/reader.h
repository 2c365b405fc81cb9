// The thread that empties the ring: every few milliseconds, or at once when the kernel
// side says that it is half full. While nothing comes it sleeps until the next record.
// From ring.cc to batches.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "batches.h"
#include "ring.h"

namespace synscope {

class Reader {
 public:
  // `detach` is called by the reading thread when it ends, before the last drain.
  Reader(int ring_fd, int asleep_fd, size_t ring_bytes, int drain_ms, Batches& batches,
         std::function<void()> detach);
  ~Reader();

  uint64_t delivered() const { return delivered_; }
  // Highest fill at a drain since this was last asked.
  uint64_t take_peak_bytes() { return peak_bytes_.exchange(0); }

  // Asks the thread to detach, drain what is left and end after `last` has run on the
  // JavaScript thread.
  void finish(std::function<void(napi_env)> last);

  // Waits for the thread. After Batches::abandon() it ends without JavaScript.
  void join();

 private:
  void run();
  size_t drain();
  bool fall_asleep();

  Ring ring_;
  SleepMark sleep_mark_;
  int ring_fd_;
  int drain_ms_;
  int stop_fd_;
  Batches& batches_;
  std::function<void()> detach_;
  std::function<void(napi_env)> last_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> delivered_{0};
  std::atomic<uint64_t> peak_bytes_{0};
  std::thread thread_;
};

}  // namespace synscope
