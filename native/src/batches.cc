// See batches.h.
#include "batches.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "js_values.h"

namespace synscope {

namespace {

// One call into JavaScript gets at most this much, so that it stays short.
constexpr size_t kBatchBytes = 2 * 1024 * 1024;
// Beyond this the ring is not drained: the kernel side counts what is lost.
constexpr size_t kPendingBytes = 64 * 1024 * 1024;

}  // namespace

Batches::Batches(napi_env env, napi_value on_batch, JsQueue& js)
    : js_(js), waiting_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  napi_create_reference(env, on_batch, 1, &on_batch_);
}

Batches::~Batches() { close(waiting_fd_); }

bool Batches::append(const uint8_t* records, size_t size) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (pending_bytes_ + size > kPendingBytes) return false;
  if (items_.empty() || items_.back().run ||
      items_.back().records.size() + size > kBatchBytes) {
    items_.emplace_back();
  }
  auto& batch = items_.back().records;
  batch.insert(batch.end(), records, records + size);
  pending_bytes_ += size;
  return true;
}

bool Batches::append_waiting(const uint8_t* records, size_t size) {
  while (!append(records, size)) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (abandoned_) return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  eventfd_write(waiting_fd_, 1);
  deliver();
  return true;
}

void Batches::afterwards(std::function<void(napi_env)> run) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    items_.emplace_back();
    items_.back().run = std::move(run);
  }
  eventfd_write(waiting_fd_, 1);
  deliver();
}

void Batches::deliver() {
  auto item = std::make_shared<Item>();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (abandoned_ || outstanding_ || items_.empty()) return;
    *item = std::move(items_.front());
    items_.pop_front();
    pending_bytes_ -= item->records.size();
    outstanding_ = true;
  }
  js_.post([this, item](napi_env env) { call(env, *item); });
}

bool Batches::idle() {
  std::lock_guard<std::mutex> lock(mutex_);
  return abandoned_ || (items_.empty() && !outstanding_);
}

void Batches::abandon() {
  std::lock_guard<std::mutex> lock(mutex_);
  abandoned_ = true;
  pending_bytes_ = 0;
  items_.clear();
}

void Batches::call(napi_env env, Item& item) {
  // With another batch in line, a thread-safe function calls on and on, and timers and
  // messages wait behind a flood: the next one waits for this one's end and the reader's tick.
  if (!item.run) call_with_records(env, item);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    outstanding_ = false;
  }
  // The last of them waits for the reader's thread, which waits until nothing is outstanding.
  if (item.run) item.run(env);
}

void Batches::call_with_records(napi_env env, Item& item) {
  void* memory = nullptr;
  napi_value buffer, receiver, undefined = js_undefined(env);
  if (napi_create_arraybuffer(env, item.records.size(), &memory, &buffer) != napi_ok) return;
  memcpy(memory, item.records.data(), item.records.size());
  napi_get_reference_value(env, on_batch_, &receiver);
  if (napi_call_function(env, undefined, receiver, 1, &buffer, nullptr) != napi_pending_exception)
    return;
  // Node would only warn about an exception that leaves a thread-safe function.
  napi_value exception;
  napi_get_and_clear_last_exception(env, &exception);
  napi_fatal_exception(env, exception);
}

}  // namespace synscope
