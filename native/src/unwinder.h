// The copy of a program's registers and stack bytes (bpf/stack_copy.h) → its return
// addresses. By the unwind tables of the files, with libdwfl; where code has none, by what
// just-in-time compilers and frame pointers leave on the stack, and said so. Called by
// symbolizer.cc on its thread; names are none of its business.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "process_image.h"

namespace synscope {

constexpr size_t kUnwindRegisters = 33;  // as in struct stack_copy_event

struct StackCopy {
  std::vector<uint64_t> registers;  // in the order of DWARF
  uint64_t start = 0;               // address of the first byte
  uint32_t readable = 0;            // bit n: page n could be read
  std::vector<uint8_t> bytes;

  // The word at an address of the program. False when it is not in the copy.
  bool read(uint64_t address, uint64_t* word) const;
};

struct UnwoundFrame {
  uint64_t address;     // innermost: the next instruction; else where the call returns to
  uint64_t call;        // the instruction that stands for it
  const char* quality;  // cfi, frame-pointer or guess
  std::string problem;  // why there is no caller, or may be none; empty = nothing to say
};

class Unwinder {
 public:
  explicit Unwinder(Mappings& mappings);

  // Innermost first, never empty. What was mapped at `time_ns` must have been applied.
  std::vector<UnwoundFrame> unwind(uint32_t tgid, uint64_t time_ns, const StackCopy& copy);

 private:
  std::shared_ptr<ProcessImage> image_of(uint32_t tgid, uint64_t time_ns, uint64_t address);
  bool may_reread(uint32_t tgid, uint64_t time_ns);
  std::shared_ptr<ProcessImage> cached_image(uint32_t tgid, uint64_t time_ns);

  struct Known {
    uint32_t tgid;
    std::shared_ptr<ProcessImage> image;
  };
  Mappings& mappings_;
  std::map<uint32_t, uint64_t> reread_ns_;  // by tgid: when /proc was last read for it
  UnwindFiles files_;
  // Most recently used first. One has some KB of its own and 100 bytes for each function in
  // which a stack stood; the tables belong to files_.
  std::list<Known> images_;
};

}  // namespace synscope
