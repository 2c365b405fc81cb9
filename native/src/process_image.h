// The code of one process at one moment, as libdwfl unwinds it: which file lies where.
// Made by unwinder.cc out of mappings.cc.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mappings.h"
#include "unwind_files.h"

namespace synscope {

// What nothing newer covers of one executable mapping.
struct CodeRange {
  uint64_t start;
  uint64_t end;
  uint64_t file_offset;
  uint64_t mapped_bytes;          // of the whole mapping
  std::shared_ptr<ElfFile> file;  // null unless it is a file
  std::string name;               // [jit], [vdso]…

  bool is_jit() const { return !file && name != "[vdso]" && name != "[vsyscall]"; }
};

class ProcessImage {
 public:
  using Snapshot = std::shared_ptr<const std::vector<Mapping>>;

  // `files` must outlive it.
  ProcessImage(Snapshot mappings, uint64_t time_ns, UnwindFiles& files);
  ~ProcessImage();
  ProcessImage(const ProcessImage&) = delete;
  ProcessImage& operator=(const ProcessImage&) = delete;

  // Whether it is what these mappings were at a moment.
  bool is_of(const Snapshot& mappings, uint64_t time_ns) const {
    return mappings == mappings_ && time_ns >= newest_ns_ && time_ns < next_ns_;
  }

  // Null when no code lies there.
  const CodeRange* code_at(uint64_t address) const;

  // Whether the file at this address says how to unwind it. Opens the file when a stack
  // first stands in it; asked before libdwfl is.
  bool has_unwind_information(uint64_t address);

  // Whether the file at this address, which was asked for before, can be read.
  bool has_file(uint64_t address) const { return dwfl_addrmodule(dwfl_, address) != nullptr; }

  // libdwfl with its callbacks set, which get the address of `argument`; null when it has
  // no file to unwind with. libdwfl takes callbacks once, so they are always the same.
  Dwfl* attached(const Dwfl_Thread_Callbacks* callbacks, void* argument);

  // What attached() was last given.
  void* argument = nullptr;

 private:
  void choose_ranges(uint64_t time_ns);
  void report_module_at(uint64_t address);
  bool is_free(uint64_t low, uint64_t high) const;

  UnwindFiles& unwind_files_;
  Snapshot mappings_;
  uint64_t newest_ns_ = 0;
  uint64_t next_ns_ = UINT64_MAX;
  std::vector<CodeRange> ranges_;  // by address
  struct Module {
    uint64_t low, high;
    std::shared_ptr<UnwindFile> file;
  };
  std::vector<Module> modules_;  // those that libdwfl has been told of
  Dwfl* dwfl_;
  bool attached_ = false;
};

}  // namespace synscope
