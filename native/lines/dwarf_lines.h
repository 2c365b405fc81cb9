// Source lines and inlined functions at an address, out of one file's debug information.
// Used by main.cc.
#pragma once

#include "source_function.h"

namespace synscope {

class DwarfLines {
 public:
  // Takes both descriptors over; `debug_fd` is -1 when the file has its own.
  DwarfLines(int fd, int debug_fd);
  ~DwarfLines();
  DwarfLines(const DwarfLines&) = delete;
  DwarfLines& operator=(const DwarfLines&) = delete;

  // The function at an address and, before it, those inlined there, innermost first; empty
  // when nothing is known.
  std::vector<SourceFunction> find(uint64_t address);

 private:
  struct Libraries;
  Libraries* libraries_;
};

}  // namespace synscope
