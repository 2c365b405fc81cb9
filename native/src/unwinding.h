// One stack on its way out: the state that libdwfl's callbacks share, and the steps where
// libdwfl has none. See unwinder.h.
#pragma once

#include <chrono>
#include <vector>

#include "unwinder.h"

namespace synscope {

class Unwinding {
 public:
  Unwinding(ProcessImage& image, ElfFiles& files, const StackCopy& copy);

  // All frames, innermost first.
  std::vector<UnwoundFrame> run();

  // Something that may be a return address lies where no code is known to be.
  bool met_unknown_code() const { return met_unknown_code_; }

  // For libdwfl.
  bool read(uint64_t address, uint64_t* word);
  bool set_registers(Dwfl_Thread* thread);
  int frame(Dwfl_Frame* state);

 private:
  // kBegun: at the begin of a function, from where libdwfl is to be begun anew.
  enum class Stop { kEnd, kNoInformation, kBroken, kEnough, kBegun };
  using Registers = std::array<uint64_t, kUnwindRegisters>;

  void run_libdwfl();
  bool step();
  bool stands_at_begin(uint64_t address, bool known_before);
  bool step_over_trampoline();
  bool step_over_stub();
  bool step_along_frame_pointer();
  bool go_to(uint64_t return_address, uint64_t stack_pointer, const char* quality);
  bool returns_to(uint64_t address, bool jit_will_do);
  bool add(uint64_t address, uint64_t call, const char* quality);
  bool end(std::string problem);
  std::string why_no_caller() const;

  ProcessImage& image_;
  ElfFiles& files_;
  const StackCopy& copy_;
  Registers registers_ = {};  // of the last frame
  uint64_t counter_ = 0;      // its program counter as libdwfl shall look it up
  const char* quality_ = "cfi";
  bool first_ = true;        // libdwfl is at the frame that it was begun with
  bool read_failed_ = false;  // it asked for memory that was not copied
  uint64_t failed_at_ = 0;
  bool met_unknown_code_ = false;
  Stop stop_ = Stop::kEnd;
  std::vector<UnwoundFrame> frames_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace synscope
