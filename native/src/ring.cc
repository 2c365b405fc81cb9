// See ring.h.
#include "ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "js_values.h"

namespace synscope {

namespace {

// Records freed at once: the kernel sees room long before a large drain ends.
constexpr uint64_t kReleaseEvery = 256 * 1024;

}  // namespace

Ring::Ring(int map_fd, size_t bytes) : bytes_(bytes), page_(sysconf(_SC_PAGESIZE)) {
  void* consumer = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED)
    throw Failure("ENOMEM", std::string("The ring buffer cannot be mapped: ") + strerror(errno) +
                                ". Ask for a smaller one.");
  // The kernel maps the records twice in a row, so that none is ever split.
  void* producer = mmap(nullptr, page_ + 2 * bytes, PROT_READ, MAP_SHARED, map_fd, page_);
  if (producer == MAP_FAILED) {
    int error = errno;
    munmap(consumer, page_);
    throw Failure("ENOMEM", std::string("The ring buffer cannot be mapped: ") + strerror(error) +
                                ". Ask for a smaller one.");
  }
  consumer_ = static_cast<uint64_t*>(consumer);
  producer_ = static_cast<const uint64_t*>(producer);
  records_ = static_cast<const uint8_t*>(producer) + page_;
}

Ring::~Ring() {
  munmap(consumer_, page_);
  munmap(const_cast<uint64_t*>(producer_), page_ + 2 * bytes_);
}

size_t Ring::fill() const {
  return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - __atomic_load_n(consumer_, __ATOMIC_RELAXED);
}

size_t Ring::drain(const std::function<bool(const uint8_t*, size_t)>& take) {
  uint64_t position = __atomic_load_n(consumer_, __ATOMIC_RELAXED);
  uint64_t released = position;
  size_t taken = 0;

  while (position < __atomic_load_n(producer_, __ATOMIC_ACQUIRE)) {
    const uint8_t* header = records_ + (position & (bytes_ - 1));
    uint32_t length = __atomic_load_n(reinterpret_cast<const uint32_t*>(header), __ATOMIC_ACQUIRE);
    if (length & BPF_RINGBUF_BUSY_BIT) break;
    size_t size = length & ~BPF_RINGBUF_DISCARD_BIT;
    if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
      if (!take(header + BPF_RINGBUF_HDR_SZ, size)) break;
      taken++;
    }
    position += (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    if (position - released >= kReleaseEvery) {
      __atomic_store_n(consumer_, position, __ATOMIC_RELEASE);
      released = position;
    }
  }
  __atomic_store_n(consumer_, position, __ATOMIC_RELEASE);
  return taken;
}

SleepMark::SleepMark(int map_fd) : page_(sysconf(_SC_PAGESIZE)) {
  void* memory = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  mark_ = memory == MAP_FAILED ? nullptr : static_cast<uint64_t*>(memory);
}

SleepMark::~SleepMark() {
  if (mark_ != nullptr) munmap(mark_, page_);
}

bool SleepMark::set() {
  if (mark_ == nullptr) return false;
  __atomic_store_n(mark_, 1, __ATOMIC_SEQ_CST);
  return true;
}

void SleepMark::clear() {
  if (mark_ != nullptr) __atomic_store_n(mark_, 0, __ATOMIC_SEQ_CST);
}

}  // namespace synscope
