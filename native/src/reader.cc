// See reader.h.
#include "reader.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace synscope {

Reader::Reader(int ring_fd, size_t ring_bytes, int drain_ms, Batches& batches,
               std::function<void()> detach)
    : ring_(ring_fd, ring_bytes),
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
  epoll_event stop = {EPOLLIN, {}}, ring = {EPOLLIN | EPOLLET, {}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, stop_fd_, &stop);
  // Edge-triggered: the ring nearly always holds something, and only a forced wake-up
  // (half full) is worth leaving the rhythm of the timer for.
  epoll_ctl(epoll, EPOLL_CTL_ADD, ring_fd_, &ring);
  while (!stopping_) {
    epoll_event happened;
    epoll_wait(epoll, &happened, 1, drain_ms_);
    drain();
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

void Reader::drain() {
  peak_bytes_ = std::max<uint64_t>(peak_bytes_, ring_.fill());
  delivered_ += ring_.drain(
      [this](const uint8_t* record, size_t size) { return batches_.append(record, size); });
}

}  // namespace synscope
