// One running capture: hooks, ring, reader, iterators, and the JavaScript object that
// stands for them (`Capture` in contract/addon.ts).
#pragma once

#include <node_api.h>

#include <memory>
#include <mutex>

#include "batches.h"
#include "hooks.h"
#include "iterators.h"
#include "js_queue.h"
#include "perf_sideband.h"
#include "reader.h"

namespace synscope {

struct CaptureOptions {
  size_t ring_bytes;
  int drain_ms;
  napi_value on_batch;
};

class Capture {
 public:
  // On the JavaScript thread. Throws Failure.
  Capture(napi_env env, const CaptureOptions& options);
  ~Capture();

  // The object for JavaScript. Its methods may be called as long as this lives.
  napi_value object(napi_env env);

  // True once nothing of it is left in the kernel.
  bool ended() const { return ended_; }

 private:
  struct Counters {
    KernelCounts kernel;
    uint64_t delivered = 0;
    uint64_t scanned = 0;
    uint64_t peak_bytes = 0;
  };
  // The environment ends: stops without waiting for JavaScript.
  static void abandon(void* capture);
  void end();
  Counters count() const;
  static napi_value counters(napi_env env, napi_callback_info info);
  static napi_value scan_sockets(napi_env env, napi_callback_info info);
  static napi_value ask_thread(napi_env env, napi_callback_info info);
  static napi_value close(napi_env env, napi_callback_info info);
  napi_value hook_statuses(napi_env env) const;
  void detach();
  void closed(napi_env env, napi_deferred deferred);

  napi_env env_;
  size_t ring_bytes_;
  JsQueue js_;
  Batches batches_;
  std::unique_ptr<PerfSideband> sideband_;
  std::unique_ptr<Hooks> hooks_;
  std::unique_ptr<Iterators> iterators_;
  std::unique_ptr<Reader> reader_;
  Counters final_;
  bool closing_ = false;
  bool ended_ = false;
};

}  // namespace synscope
