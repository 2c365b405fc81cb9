// The consumer's side of the BPF ring buffer (kernel/bpf/ringbuf.c describes its
// memory). Read here rather than through libbpf, since the drain needs the exact fill,
// and stops when JavaScript lags. Filled by bpf/ring.h, drained by reader.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace synscope {

class Ring {
 public:
  // Maps the ring of `map_fd` (borrowed). Throws Failure.
  Ring(int map_fd, size_t bytes);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Bytes between producer and consumer now.
  size_t fill() const;

  // Gives each committed record to `take` until the ring is empty, a record is still
  // being written, or `take` returns false (that record stays). Returns the count.
  size_t drain(const std::function<bool(const uint8_t* record, size_t size)>& take);

 private:
  size_t bytes_;
  size_t page_;
  uint64_t* consumer_;
  const uint64_t* producer_;
  const uint8_t* records_;
};

// Tells the kernel side that nobody looks at the ring until it wakes the reader: the map
// `reader_asleep` of bpf/ring.h.
class SleepMark {
 public:
  // Without memory to share it stays unset, and the reader keeps its timer.
  explicit SleepMark(int map_fd);
  ~SleepMark();
  SleepMark(const SleepMark&) = delete;
  SleepMark& operator=(const SleepMark&) = delete;

  // False when it cannot be set.
  bool set();
  void clear();

 private:
  size_t page_;
  uint64_t* mark_;
};

}  // namespace synscope
