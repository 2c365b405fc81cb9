// Runs closures on the JavaScript thread of one environment, from any thread and in
// the order posted. Used by reader.cc, capture.cc and symbolizer.cc.
#pragma once

#include <node_api.h>

#include <functional>

namespace synscope {

class JsQueue {
 public:
  // On the JavaScript thread. `name` shows up in Node's async diagnostics.
  JsQueue(napi_env env, const char* name);
  JsQueue(const JsQueue&) = delete;
  JsQueue& operator=(const JsQueue&) = delete;

  // From any thread. The closure is dropped unrun when the environment is ending.
  void post(std::function<void(napi_env)> run);

  // On the JavaScript thread: whether this queue keeps the event loop alive.
  void hold(napi_env env, bool alive);

  // Ends the queue; nothing may be posted afterwards. `drop` forgets what is queued.
  void release(bool drop);

 private:
  napi_threadsafe_function function_ = nullptr;
};

}  // namespace synscope
