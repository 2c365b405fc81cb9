// See symbolizer.h.
#include "symbolizer.h"

#include <pthread.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "call_site.h"
#include "js_values.h"
#include "mappings.h"

namespace synscope {

namespace {

napi_value text_or_null(napi_env env, const std::string& text) {
  return text.empty() ? js_null(env) : js_string(env, text);
}

napi_value js_frame(napi_env env, const Frame& frame) {
  napi_value object = js_object(env), address;
  napi_create_bigint_uint64(env, frame.address, &address);
  set(env, object, "address", address);
  set(env, object, "name", text_or_null(env, frame.name));
  set(env, object, "module", text_or_null(env, frame.module));
  set(env, object, "buildId", text_or_null(env, frame.build_id));
  set(env, object, "offset", frame.offset < 0 ? js_null(env) : js_number(env, frame.offset));
  set(env, object, "quality", js_string(env, frame.quality));
  set(env, object, "problem", text_or_null(env, frame.problem));
  set(env, object, "file", text_or_null(env, frame.file));
  set(env, object, "line", frame.line < 0 ? js_null(env) : js_number(env, frame.line));
  set(env, object, "inlined", js_boolean(env, frame.inlined));
  return object;
}

napi_value js_stacks(napi_env env, const std::vector<std::vector<Frame>>& stacks) {
  napi_value list;
  napi_create_array_with_length(env, stacks.size(), &list);
  for (size_t i = 0; i < stacks.size(); i++) {
    napi_value frames;
    napi_create_array_with_length(env, stacks[i].size(), &frames);
    for (size_t depth = 0; depth < stacks[i].size(); depth++)
      napi_set_element(env, frames, depth, js_frame(env, stacks[i][depth]));
    napi_set_element(env, list, i, frames);
  }
  return list;
}

constexpr char kGone[] = "process gone before its mappings were read";
constexpr char kWrongWalk[] = "in no code of the process: the walk along frame pointers went wrong";
constexpr char kCompiled[] = "compiled at run time: no file has its name";
constexpr char kNotInMap[] = "compiled at run time: the map of its runtime does not have it";
constexpr char kKernelPage[] = "the kernel's own page in the process: no file has its name";

// Of a program, its helper, and the kernel's ways into it.
constexpr size_t kOwnKernelFrames = 8;

// A 32-bit process has another vDSO, which lies below.
constexpr uint64_t kFirst64BitPage = UINT64_C(1) << 32;

// The code of one process at one moment.
class UserCode {
 public:
  UserCode(const StackRequest& stack, PerfMaps& compiled)
      : compiled_(compiled), tgid_(stack.tgid), uid_(stack.uid), time_ns_(stack.time_ns) {}

  // `address` as it is shown; `call` is the instruction that it stands for.
  Frame name(uint64_t address, uint64_t call);

  // Whether a call could return to this address.
  bool follows_call(uint64_t address);

 private:
  bool find(uint64_t address, Mapping* mapping);
  void name_compiled(uint64_t call, Frame* frame);
  void name_without_file(const Mapping& mapping, uint64_t call, Frame* frame);

  Mappings& mappings_ = Mappings::shared();
  PerfMaps& compiled_;
  uint32_t tgid_, uid_;
  uint64_t time_ns_;
  bool maps_read_ = false;  // of compiled code
  bool reread_ = false;  // /proc was asked for mappings that nobody told about
};

bool UserCode::find(uint64_t address, Mapping* mapping) {
  if (mappings_.find(tgid_, time_ns_, address, mapping)) return true;
  if (reread_) return false;
  reread_ = true;
  return mappings_.read_proc(tgid_, time_ns_, true) &&
         mappings_.find(tgid_, time_ns_, address, mapping);
}

bool UserCode::follows_call(uint64_t address) {
  Mapping mapping;
  uint8_t before[kCallBytes];
  if (address < kCallBytes || !find(address - kCallBytes, &mapping) || !mapping.file) return false;
  uint64_t offset = address - kCallBytes - mapping.start + mapping.file_offset;
  return mappings_.files().read(mapping.file, offset, before, sizeof(before)) &&
         ends_with_call(before);
}

// By the map of the runtime that compiled it.
void UserCode::name_compiled(uint64_t call, Frame* frame) {
  if (!std::exchange(maps_read_, true)) compiled_.refresh(tgid_, uid_);
  CompiledName compiled;
  auto found = compiled_.find(tgid_, call, &compiled);
  frame->problem = found == PerfMaps::Found::kNoMap ? kCompiled : kNotInMap;
  if (found != PerfMaps::Found::kNamed) return;
  frame->problem.clear();
  frame->name = compiled.name;
  frame->file = compiled.file;
  frame->line = compiled.line;
  frame->from_runtime_map = true;
}

// Code of no file: the kernel's own page, or what was compiled at run time.
void UserCode::name_without_file(const Mapping& mapping, uint64_t call, Frame* frame) {
  frame->module = mapping.name;
  if (mapping.name == "[jit]") return name_compiled(call, frame);
  frame->problem = kKernelPage;
  if (mapping.name != "[vdso]" || mapping.start < kFirst64BitPage) return;
  auto table = mappings_.files().vdso();
  uint64_t offset = call - mapping.start;
  if (table) frame->name = table->find(table->address_of(offset));
  if (!frame->name.empty()) frame->problem.clear();
  frame->offset = offset + (frame->address - call);
}

Frame UserCode::name(uint64_t address, uint64_t call) {
  Frame frame;
  Mapping mapping;
  frame.address = address;
  frame.quality = "frame-pointer";
  if (!find(call, &mapping)) {
    frame.problem = mappings_.knows(tgid_, time_ns_) ? kWrongWalk : kGone;
    return frame;
  }
  if (!mapping.file) {
    name_without_file(mapping, call, &frame);
    return frame;
  }
  frame.module = mapping.file->path;
  auto table = mappings_.files().symbols(mapping.file);
  frame.build_id = mapping.file->build_id;
  if (table) {
    // The call, since the address may lie behind the last instruction of its segment.
    uint64_t at = table->address_of(call - mapping.start + mapping.file_offset);
    frame.name = table->find(at);
    if (at != SymbolTable::kNoAddress) {
      frame.offset = at + (address - call);
      frame.call = at;
      frame.elf = mapping.file;
    }
  }
  if (frame.name.empty()) frame.problem = table ? kStripped : kUnreadable;
  return frame;
}

}  // namespace

Symbolizer::Symbolizer(napi_env env) : env_(env), js_(env, "synscope symbolizer") {
  js_.hold(env, false);
  thread_ = std::thread([this] { run(); });
  // Runs before the queue's own hook: see Capture.
  napi_add_env_cleanup_hook(env, end, this);
}

Symbolizer::~Symbolizer() { end(this); }

void Symbolizer::end(void* argument) {
  auto* symbolizer = static_cast<Symbolizer*>(argument);
  {
    std::lock_guard<std::mutex> lock(symbolizer->mutex_);
    if (symbolizer->stopping_) return;
    symbolizer->stopping_ = true;
    symbolizer->wake_.notify_one();
  }
  symbolizer->thread_.join();
  symbolizer->js_.release(true);
}

napi_value Symbolizer::symbolize(napi_env env, std::vector<StackRequest> stacks) {
  Job job;
  job.stacks = std::move(stacks);
  napi_value promise;
  napi_create_promise(env, &job.deferred, &promise);
  if (unanswered_++ == 0) js_.hold(env, true);
  std::lock_guard<std::mutex> lock(mutex_);
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return promise;
}

void Symbolizer::run() {
  pthread_setname_np(pthread_self(), "synscope-symbols");
  for (;;) {
    Job job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    auto named = std::make_shared<std::vector<std::vector<Frame>>>();
    for (const StackRequest& stack : job.stacks) named->push_back(name_stack(stack));
    napi_deferred deferred = job.deferred;
    js_.post([this, named, deferred](napi_env env) {
      if (--unanswered_ == 0) js_.hold(env, false);
      napi_resolve_deferred(env, deferred, js_stacks(env, *named));
    });
  }
}

std::vector<Frame> Symbolizer::name_stack(const StackRequest& stack) {
  if (stack.kernel) return name_kernel_stack(stack);
  Mappings::shared().wait_until(stack.time_ns);
  auto frames = stack.copy.bytes.empty() ? name_user_stack(stack) : name_copied_stack(stack);
  return lines_.with_lines(std::move(frames), Mappings::shared().files());
}

// How many frames lead from the innermost to the hook: Synscope's own footprint. The program
// itself may have no name (net.core.bpf_jit_kallsyms=0), the way into it has. A thread that
// waits has none, but a call that fexit watches waits within its trampoline, too.
size_t Symbolizer::own_kernel_frames(const std::vector<uint64_t>& addresses) const {
  size_t own = 0;
  bool only_own = true;
  for (size_t depth = 0; depth < std::min(addresses.size(), kOwnKernelFrames); depth++) {
    KernelSymbol symbol;
    bool named = kernel_.find(addresses[depth] - 1, &symbol);
    bool tracing = named && is_tracing_frame(symbol);
    if (tracing && (only_own || !is_trampoline(symbol))) own = depth + 1;
    only_own = only_own && (tracing || !named);
  }
  return own;
}

std::vector<Frame> Symbolizer::name_kernel_stack(const StackRequest& stack) {
  if (!kernel_loaded_.exchange(true)) kernel_.load();
  std::vector<Frame> frames;
  std::string reentered;
  for (size_t depth = own_kernel_frames(stack.addresses); depth < stack.addresses.size(); depth++) {
    Frame frame;
    KernelSymbol symbol;
    uint64_t address = frame.address = stack.addresses[depth];
    // A return address: the call is the instruction before it.
    if (kernel_.find(address - 1, &symbol)) {
      // fexit goes through a trampoline and enters the function a second time.
      if (is_trampoline(symbol)) {
        if (!frames.empty()) reentered = frames.back().name;
        continue;
      }
      if (symbol.name == std::exchange(reentered, "")) continue;
      frame.name = symbol.name;
      frame.module = symbol.module;
      frame.offset = symbol.offset + 1;
    } else {
      frame.problem = kernel_.problem().empty() ? "no kernel symbol at this address"
                                                : kernel_.problem();
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::vector<Frame> Symbolizer::name_user_stack(const StackRequest& stack) {
  UserCode code(stack, compiled_);
  std::vector<Frame> frames;
  for (size_t depth = 0; depth < stack.addresses.size(); depth++) {
    // Innermost is the instruction after the syscall; above it are return addresses,
    // whose call may be the last instruction of its function.
    uint64_t address = stack.addresses[depth];
    frames.push_back(code.name(address, depth == 0 ? address : address - 1));
    bool skipped = depth == 0 && stack.at_stack_pointer != 0 &&
                   (stack.addresses.size() == 1 || stack.addresses[1] != stack.at_stack_pointer);
    if (skipped && code.follows_call(stack.at_stack_pointer)) {
      frames.push_back(code.name(stack.at_stack_pointer, stack.at_stack_pointer - 1));
      frames.back().quality = "guess";
    }
  }
  return frames;
}

std::vector<Frame> Symbolizer::name_copied_stack(const StackRequest& stack) {
  UserCode code(stack, compiled_);
  std::vector<Frame> frames;
  for (const UnwoundFrame& unwound : unwinder_.unwind(stack.tgid, stack.time_ns, stack.copy)) {
    frames.push_back(code.name(unwound.address, unwound.call));
    // How it has its name says more than how it was found.
    if (std::string_view(frames.back().quality) != "jit-map") frames.back().quality = unwound.quality;
    if (!unwound.problem.empty()) frames.back().problem = unwound.problem;
  }
  return frames;
}

}  // namespace synscope
