// See js_queue.h.
#include "js_queue.h"

namespace synscope {

namespace {

using Closure = std::function<void(napi_env)>;

void call_js(napi_env env, napi_value, void*, void* posted) {
  auto* run = static_cast<Closure*>(posted);
  if (env != nullptr) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    (*run)(env);
    napi_close_handle_scope(env, scope);
  }
  delete run;
}

}  // namespace

JsQueue::JsQueue(napi_env env, const char* name) {
  napi_value resource_name;
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &resource_name);
  napi_create_threadsafe_function(env, nullptr, nullptr, resource_name, 0, 1, nullptr, nullptr,
                                  nullptr, call_js, &function_);
}

void JsQueue::post(Closure run) {
  auto* posted = new Closure(std::move(run));
  if (napi_call_threadsafe_function(function_, posted, napi_tsfn_nonblocking) != napi_ok)
    delete posted;
}

void JsQueue::hold(napi_env env, bool alive) {
  if (alive)
    napi_ref_threadsafe_function(env, function_);
  else
    napi_unref_threadsafe_function(env, function_);
}

void JsQueue::release(bool drop) {
  napi_release_threadsafe_function(function_, drop ? napi_tsfn_abort : napi_tsfn_release);
}

}  // namespace synscope
