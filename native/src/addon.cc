// The module's exports (`SynscopeAddon` in contract/addon.ts). TypeScript checks the
// arguments; here they are trusted. State is per environment, so that the addon loads
// in several workers of one process, and ends with its worker.
#include <bpf/libbpf.h>
#include <node_api.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "capture.h"
#include "js_values.h"
#include "kernel_probes.h"
#include "layout_hash.h"
#include "later_names.h"
#include "symbolizer.h"

namespace synscope {

namespace {

constexpr double kDefaultRingBytes = 16 * 1024 * 1024;
constexpr double kLargestRingBytes = 1024 * 1024 * 1024;
constexpr double kDefaultDrainMs = 10;

struct Environment {
  std::vector<std::unique_ptr<Capture>> captures;
  std::unique_ptr<Symbolizer> symbolizer;
};

Environment* environment_of(napi_env env) {
  void* environment = nullptr;
  napi_get_instance_data(env, &environment);
  return static_cast<Environment*>(environment);
}

bool captures_here(Environment* environment) {
  for (const auto& capture : environment->captures)
    if (!capture->ended()) return true;
  return false;
}

CaptureOptions read_options(napi_env env, napi_value object) {
  double ring = number_or(env, object, "ringBytes", kDefaultRingBytes);
  double page = sysconf(_SC_PAGESIZE);
  auto bytes = static_cast<size_t>(ring);
  if (ring < page || ring > kLargestRingBytes || (bytes & (bytes - 1)) != 0)
    throw Failure("EINVAL",
                  "The size of the ring buffer must be a power of two, at least one page and at "
                  "most 1 GiB. Leave it out for 16 MiB.");
  double drain = number_or(env, object, "drainMs", kDefaultDrainMs);
  return {bytes, static_cast<int>(drain < 1 ? 1 : drain), get(env, object, "onBatch")};
}

napi_value start_capture(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value options = nullptr;
  napi_get_cb_info(env, info, &count, &options, nullptr, nullptr);
  Environment* environment = environment_of(env);
  try {
    if (captures_here(environment))
      throw Failure("EBUSY", "A capture is already running here. Close it before starting another.");
    auto capture = std::make_unique<Capture>(env, read_options(env, options));
    napi_value object = capture->object(env);
    environment->captures.push_back(std::move(capture));
    if (environment->symbolizer) environment->symbolizer->reread_kernel_symbols();
    return object;
  } catch (const Failure& failure) {
    napi_throw(env, js_error(env, failure));
    return nullptr;
  }
}

// An array of numbers or bytes, copied; empty when there is none.
template <typename T>
std::vector<T> read_array(napi_env env, napi_value array) {
  size_t length = 0;
  void* first = nullptr;
  if (napi_get_typedarray_info(env, array, nullptr, &length, &first, nullptr, nullptr) != napi_ok ||
      length == 0)
    return {};
  return {static_cast<const T*>(first), static_cast<const T*>(first) + length};
}

StackCopy read_copy(napi_env env, napi_value object) {
  StackCopy copy;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, object, &type);
  if (type != napi_object) return copy;
  bool lossless = true;
  copy.registers = read_array<uint64_t>(env, get(env, object, "registers"));
  napi_get_value_bigint_uint64(env, get(env, object, "start"), &copy.start, &lossless);
  copy.readable = static_cast<uint32_t>(number_or(env, object, "readable", 0));
  copy.bytes = read_array<uint8_t>(env, get(env, object, "bytes"));
  return copy;
}

StackRequest read_stack(napi_env env, napi_value object) {
  StackRequest stack = {};
  char kind[8] = "";
  size_t length = 0;
  bool lossless = true;
  napi_get_value_string_utf8(env, get(env, object, "kind"), kind, sizeof(kind), &length);
  stack.kernel = strcmp(kind, "kernel") == 0;
  stack.tgid = static_cast<uint32_t>(number_or(env, object, "tgid", 0));
  stack.uid = static_cast<uint32_t>(number_or(env, object, "uid", 0));
  napi_get_value_bigint_uint64(env, get(env, object, "timeNs"), &stack.time_ns, &lossless);
  napi_get_value_bigint_uint64(env, get(env, object, "atStackPointer"), &stack.at_stack_pointer,
                               &lossless);
  stack.addresses = read_array<uint64_t>(env, get(env, object, "addresses"));
  stack.copy = read_copy(env, get(env, object, "copy"));
  return stack;
}

napi_value symbolize(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value list = nullptr;
  napi_get_cb_info(env, info, &count, &list, nullptr, nullptr);
  uint32_t length = 0;
  napi_get_array_length(env, list, &length);
  std::vector<StackRequest> stacks;
  for (uint32_t i = 0; i < length; i++) {
    napi_value stack;
    napi_get_element(env, list, i, &stack);
    stacks.push_back(read_stack(env, stack));
  }
  Environment* environment = environment_of(env);
  if (!environment->symbolizer) environment->symbolizer = std::make_unique<Symbolizer>(env);
  return environment->symbolizer->symbolize(env, std::move(stacks));
}

napi_value clocks(napi_env env, napi_callback_info) {
  timespec monotonic, realtime;
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  clock_gettime(CLOCK_REALTIME, &realtime);
  auto nanoseconds = [env](const timespec& time) {
    napi_value value;
    napi_create_bigint_int64(env, time.tv_sec * INT64_C(1000000000) + time.tv_nsec, &value);
    return value;
  };
  napi_value object = js_object(env);
  set(env, object, "monotonicNs", nanoseconds(monotonic));
  set(env, object, "realtimeNs", nanoseconds(realtime));
  return object;
}

napi_value clear_ambient_capabilities(napi_env env, napi_callback_info) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    napi_throw(env, js_error(env, Failure(strerrorname_np(errno),
                                          std::string("The ambient capabilities cannot be dropped: ") +
                                              strerror(errno) + ".")));
  return nullptr;
}

// kernelEnum(name, prefix): names of an enum of the running kernel, as an object by value.
napi_value kernel_enum(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  char name[64] = "", prefix[64] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, arguments[0], name, sizeof(name), &length);
  napi_get_value_string_utf8(env, arguments[1], prefix, sizeof(prefix), &length);
  napi_value object = js_object(env);
  try {
    for (const auto& [value, text] : KernelTypes().enum_names(name, prefix))
      set(env, object, std::to_string(value).c_str(), js_string(env, text));
  } catch (const Failure&) {
    // No BTF: there are no names, and no capture either, which says so.
  }
  return object;
}

void end_environment(napi_env, void* environment, void*) {
  delete static_cast<Environment*>(environment);
}

void export_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  set(env, exports, name, function);
}

}  // namespace

napi_value initialize(napi_env env, napi_value exports) {
  napi_set_instance_data(env, new Environment(), end_environment, nullptr);
  set(env, exports, "layoutHash", js_string(env, SYNSCOPE_LAYOUT_HASH));
  set(env, exports, "libbpfVersion",
      js_string(env, std::to_string(libbpf_major_version()) + "." +
                         std::to_string(libbpf_minor_version())));
  export_function(env, exports, "startCapture", start_capture);
  export_function(env, exports, "symbolize", symbolize);
  export_function(env, exports, "nameLater", name_later);
  export_function(env, exports, "clocks", clocks);
  export_function(env, exports, "kernelEnum", kernel_enum);
  export_function(env, exports, "clearAmbientCapabilities", clear_ambient_capabilities);
  return exports;
}

}  // namespace synscope

NAPI_MODULE(NODE_GYP_MODULE_NAME, synscope::initialize)
