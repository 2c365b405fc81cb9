// See reader.h.
#include "reader.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace synscope {

namespace {

// After so many drains in a row that found nothing the timer stops, and the next record
// wakes the reader: a wake-up costs its program 2-3 us, so not for every record.
constexpr int kQuietDrains = 10;
// Should a wake-up ever fail to come.
constexpr int kSleepMs = 200;

}  // namespace

Reader::Reader(int ring_fd, int asleep_fd, size_t ring_bytes, int drain_ms, Batches& batches,
               std::function<void()> detach)
    : ring_(ring_fd, ring_bytes),
      sleep_mark_(asleep_fd),
      ring_fd_(ring_fd),
      drain_ms_(drain_ms),
      stop_fd_(eventfd(0, EFD_CLOEXEC)),
      batches_(batches),
      detach_(std::move(detach)) {
  thread_ = std::thread([this] { run(); });
}

Reader::~Reader() {
  join();
  close(stop_fd_);
}

void Reader::finish(std::function<void(napi_env)> last) {
  last_ = std::move(last);
  stopping_ = true;
  eventfd_write(stop_fd_, 1);
}

void Reader::join() {
  if (thread_.joinable()) thread_.join();
}

void Reader::run() {
  pthread_setname_np(pthread_self(), "synscope-ring");
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event stop = {EPOLLIN, {}}, waiting = {EPOLLIN, {}}, ring = {EPOLLIN | EPOLLET, {}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, stop_fd_, &stop);
  epoll_ctl(epoll, EPOLL_CTL_ADD, batches_.waiting_fd(), &waiting);
  // Edge-triggered: the ring nearly always holds something, and only a forced wake-up
  // (half full) is worth leaving the rhythm of the timer for.
  epoll_ctl(epoll, EPOLL_CTL_ADD, ring_fd_, &ring);
  int quiet = 0;
  while (!stopping_) {
    epoll_event happened;
    epoll_wait(epoll, &happened, 1, quiet >= kQuietDrains && fall_asleep() ? kSleepMs : drain_ms_);
    sleep_mark_.clear();
    eventfd_t told;
    eventfd_read(batches_.waiting_fd(), &told);
    bool nothing = drain() == 0 && batches_.idle();
    quiet = nothing ? quiet + 1 : 0;
    batches_.deliver();
  }
  close(epoll);
  detach_();
  drain();
  // What the bound on pending bytes left behind, and what a program was still writing. All of
  // it goes before `last_`, in which JavaScript waits for this thread and takes no more.
  while (ring_.fill() > 0) {
    batches_.deliver();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    drain();
  }
  if (last_) batches_.afterwards(last_);
  while (!batches_.idle()) {
    batches_.deliver();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// A record gets its place in the ring before its program looks at the mark, and the mark is
// set before the ring is looked at here: one of both sees the other.
bool Reader::fall_asleep() {
  if (!sleep_mark_.set()) return false;
  if (ring_.fill() == 0) return true;
  sleep_mark_.clear();
  return false;
}

size_t Reader::drain() {
  peak_bytes_ = std::max<uint64_t>(peak_bytes_, ring_.fill());
  size_t taken = ring_.drain(
      [this](const uint8_t* record, size_t size) { return batches_.append(record, size); });
  delivered_ += taken;
  return taken;
}

}  // namespace synscope
