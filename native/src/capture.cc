// See capture.h.
#include "capture.h"

#include <chrono>
#include <thread>

#include "events.h"
#include "js_values.h"

namespace synscope {

namespace {

Capture* capture_of(napi_env env, napi_callback_info info, size_t* count, napi_value* arguments) {
  void* capture = nullptr;
  napi_get_cb_info(env, info, count, arguments, nullptr, &capture);
  return static_cast<Capture*>(capture);
}

void add_method(napi_env env, napi_value object, const char* name, napi_callback method,
                Capture* capture) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, method, capture, &function);
  set(env, object, name, function);
}

napi_value rejected(napi_env env, const Failure& failure) {
  napi_deferred deferred;
  napi_value promise;
  napi_create_promise(env, &deferred, &promise);
  napi_reject_deferred(env, deferred, js_error(env, failure));
  return promise;
}

Failure closed_already() { return Failure("ECANCELED", "The capture is closed; start one first."); }

}  // namespace

Capture::Capture(napi_env env, const CaptureOptions& options)
    : env_(env),
      ring_bytes_(options.ring_bytes),
      js_(env, "synscope capture"),
      batches_(env, options.on_batch, js_) {
  try {
    // First, so that what runs now is known before the first event.
    sideband_ = std::make_unique<PerfSideband>(Mappings::shared());
    hooks_ = std::make_unique<Hooks>(ring_bytes_);
    iterators_ = std::make_unique<Iterators>(hooks_->iterators(), hooks_->threads_wanted_fd(),
                                             batches_);
    reader_ = std::make_unique<Reader>(hooks_->ring_fd(), hooks_->reader_asleep_fd(), ring_bytes_,
                                       options.drain_ms, batches_, [this] { detach(); });
  } catch (...) {
    batches_.abandon();
    js_.release(true);
    throw;
  }
  // Added after the queue's own hook, so it runs before that: the threads must have
  // ended when Node frees the queue.
  napi_add_env_cleanup_hook(env, abandon, this);
}

Capture::~Capture() { abandon(this); }

void Capture::abandon(void* argument) {
  auto* capture = static_cast<Capture*>(argument);
  if (capture->ended_) return;
  capture->batches_.abandon();
  if (!capture->closing_) capture->reader_->finish(nullptr);
  capture->closing_ = true;
  capture->end();
  capture->js_.release(true);
}

// On the reader's thread, when it ends. A hook that already runs on another CPU still
// finishes; once the counts stand still, the last drain gets everything.
void Capture::detach() {
  iterators_->stop();
  hooks_->detach();
  uint64_t emitted = hooks_->counts().emitted;
  for (int i = 0; i < 20; i++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    uint64_t now = hooks_->counts().emitted;
    if (now == emitted) break;
    emitted = now;
  }
}

void Capture::end() {
  reader_->join();
  final_ = count();
  reader_.reset();
  hooks_.reset();
  sideband_.reset();
  ended_ = true;
}

void Capture::closed(napi_env env, napi_deferred deferred) {
  end();
  napi_remove_env_cleanup_hook(env, abandon, this);
  js_.release(false);
  napi_resolve_deferred(env, deferred, js_undefined(env));
}

Capture::Counters Capture::count() const {
  if (ended_) return final_;
  Counters counters;
  // Delivered is read first: what is emitted meanwhile counts as pending.
  counters.delivered = reader_->delivered();
  counters.peak_bytes = reader_->take_peak_bytes();
  counters.scanned = iterators_->scanned();
  counters.kernel = hooks_->counts();
  return counters;
}

napi_value Capture::object(napi_env env) {
  napi_value object = js_object(env);
  set(env, object, "hooks", hook_statuses(env));
  add_method(env, object, "counters", counters, this);
  add_method(env, object, "scanSockets", scan_sockets, this);
  add_method(env, object, "askThread", ask_thread, this);
  add_method(env, object, "close", close, this);
  return object;
}

napi_value Capture::hook_statuses(napi_env env) const {
  std::vector<HookStatus> statuses = hooks_->statuses();
  statuses.push_back({"mappings", "perf/mmap2", sideband_->problem().empty(), false,
                      sideband_->problem()});
  napi_value list;
  napi_create_array(env, &list);
  for (size_t i = 0; i < statuses.size(); i++) {
    const HookStatus& status = statuses[i];
    napi_value hook = js_object(env);
    set(env, hook, "family", js_string(env, status.family));
    set(env, hook, "hook", js_string(env, status.hook));
    set(env, hook, "attached", js_boolean(env, status.attached));
    set(env, hook, "required", js_boolean(env, status.required));
    set(env, hook, "problem", status.problem.empty() ? js_null(env) : js_string(env, status.problem));
    napi_set_element(env, list, i, hook);
  }
  return list;
}

napi_value Capture::counters(napi_env env, napi_callback_info info) {
  size_t count = 0;
  Capture* capture = capture_of(env, info, &count, nullptr);
  Counters counters = capture->count();
  napi_value object = js_object(env);
  set(env, object, "emitted", js_number(env, counters.kernel.emitted));
  set(env, object, "delivered", js_number(env, counters.delivered));
  set(env, object, "lost", js_number(env, counters.kernel.lost));
  set(env, object, "stacksLost", js_number(env, counters.kernel.stacks_lost));
  set(env, object, "missed", js_number(env, counters.kernel.missed));
  set(env, object, "stacksSkipped", js_number(env, counters.kernel.stacks_skipped));
  set(env, object, "dropsSkipped", js_number(env, counters.kernel.drops_skipped));
  set(env, object, "scanned", js_number(env, counters.scanned));
  set(env, object, "ringBytes", js_number(env, capture->ring_bytes_));
  set(env, object, "ringPeakBytes", js_number(env, counters.peak_bytes));
  return object;
}

napi_value Capture::scan_sockets(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value options = nullptr;
  Capture* capture = capture_of(env, info, &count, &options);
  if (capture->closing_) return rejected(env, closed_already());
  bool owners = false;
  napi_get_value_bool(env, get(env, options, "owners"), &owners);
  napi_deferred deferred;
  napi_value promise;
  napi_create_promise(env, &deferred, &promise);
  capture->iterators_->scan(owners, [capture, deferred](const Scanned& scanned) {
    capture->batches_.afterwards([deferred, scanned](napi_env js) {
      napi_value result = js_object(js), entered;
      napi_create_array_with_length(js, scanned.entered.size(), &entered);
      for (size_t i = 0; i < scanned.entered.size(); i++)
        napi_set_element(js, entered, i, js_number(js, scanned.entered[i]));
      set(js, result, "namespaces", entered);
      set(js, result, "namespacesSkipped", js_number(js, scanned.skipped));
      napi_resolve_deferred(js, deferred, result);
    });
  });
  return promise;
}

napi_value Capture::ask_thread(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value options = nullptr;
  Capture* capture = capture_of(env, info, &count, &options);
  if (capture->closing_) return rejected(env, closed_already());
  thread_wanted wanted = {};
  bool lossless = true;
  wanted.request = static_cast<uint64_t>(number_or(env, options, "request", 0));
  wanted.tgid = static_cast<uint32_t>(number_or(env, options, "tgid", 0));
  wanted.tid = static_cast<uint32_t>(number_or(env, options, "tid", 0));
  uint64_t cookie = 0;
  napi_get_value_bigint_uint64(env, get(env, options, "cookie"), &cookie, &lossless);
  wanted.cookie = cookie;
  napi_deferred deferred;
  napi_value promise;
  napi_create_promise(env, &deferred, &promise);
  capture->iterators_->ask_thread(wanted, [capture, deferred] {
    capture->batches_.afterwards(
        [deferred](napi_env js) { napi_resolve_deferred(js, deferred, js_undefined(js)); });
  });
  return promise;
}

napi_value Capture::close(napi_env env, napi_callback_info info) {
  size_t count = 0;
  Capture* capture = capture_of(env, info, &count, nullptr);
  napi_deferred deferred;
  napi_value promise;
  napi_create_promise(env, &deferred, &promise);
  if (capture->closing_) {
    napi_resolve_deferred(env, deferred, js_undefined(env));
    return promise;
  }
  capture->closing_ = true;
  capture->reader_->finish(
      [capture, deferred](napi_env js) { capture->closed(js, deferred); });
  return promise;
}

}  // namespace synscope
