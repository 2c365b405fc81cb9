// Records on their way to JavaScript: gathered into batches by the reader and the
// scanner, delivered one call at a time, in order. Records pass as bytes: nobody here
// knows what is in them.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "js_queue.h"

namespace synscope {

class Batches {
 public:
  // On the JavaScript thread. `on_batch` is a function(ArrayBuffer).
  Batches(napi_env env, napi_value on_batch, JsQueue& js);
  ~Batches();

  // From any thread: copies one record. False when too many bytes wait for
  // JavaScript: the record was not taken.
  bool append(const uint8_t* record, size_t size);

  // As append(), waiting for room; false only when the environment ends.
  bool append_waiting(const uint8_t* records, size_t size);

  // From any thread: runs on the JavaScript thread once all that was appended before
  // has been delivered.
  void afterwards(std::function<void(napi_env)> run);

  // Hands over what has gathered, unless a batch is still with JavaScript.
  void deliver();

  // Readable once somebody else than the reader has added something: its tick delivers it
  // when JavaScript is busy now. Reading it resets it.
  int waiting_fd() const { return waiting_fd_; }

  // Whether everything has been handed over.
  bool idle();

  // No more deliveries; wakes whoever waits for room.
  void abandon();

 private:
  struct Item {
    std::vector<uint8_t> records;
    std::function<void(napi_env)> run;
  };
  void call(napi_env env, Item& item);
  void call_with_records(napi_env env, Item& item);

  JsQueue& js_;
  int waiting_fd_;
  napi_ref on_batch_ = nullptr;
  std::mutex mutex_;
  std::deque<Item> items_;
  size_t pending_bytes_ = 0;
  bool outstanding_ = false;
  bool abandoned_ = false;
};

}  // namespace synscope
