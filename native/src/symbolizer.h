// Return addresses → functions, on a thread of its own. Asked by the engine
// (`symbolize` in contract/addon.ts); names come from kernel_symbols.cc and, through
// mappings.cc, from elf_symbols.cc.
//
// A stack that comes as a copy of stack bytes is unwound first, by unwinder.cc.
#pragma once

#include <node_api.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "js_queue.h"
#include "frame.h"
#include "kernel_symbols.h"
#include "perf_map.h"
#include "source_lines.h"
#include "unwinder.h"

namespace synscope {

struct StackRequest {
  bool kernel;
  uint32_t tgid;
  uint32_t uid;
  uint64_t time_ns;
  uint64_t at_stack_pointer;  // 0 = not read
  std::vector<uint64_t> addresses;
  StackCopy copy;  // no bytes = the addresses are all there is
};

class Symbolizer {
 public:
  explicit Symbolizer(napi_env env);
  ~Symbolizer();

  // On the JavaScript thread: a promise of the frames of each stack.
  napi_value symbolize(napi_env env, std::vector<StackRequest> stacks);

  // Programs were loaded: their addresses have names that the table does not have yet.
  void reread_kernel_symbols() { kernel_loaded_ = false; }

 private:
  struct Job {
    std::vector<StackRequest> stacks;
    napi_deferred deferred;
  };
  static void end(void* symbolizer);
  void run();
  std::vector<Frame> name_stack(const StackRequest& stack);
  size_t own_kernel_frames(const std::vector<uint64_t>& addresses) const;
  std::vector<Frame> name_kernel_stack(const StackRequest& stack);
  std::vector<Frame> name_user_stack(const StackRequest& stack);
  std::vector<Frame> name_copied_stack(const StackRequest& stack);

  napi_env env_;
  JsQueue js_;
  KernelSymbols kernel_;
  PerfMaps compiled_;
  SourceLines lines_;
  Unwinder unwinder_{Mappings::shared()};
  std::atomic<bool> kernel_loaded_{false};
  size_t unanswered_ = 0;  // on the JavaScript thread
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace synscope
