// Source lines and inlined functions at an address, out of one file's debug information.
// Used by main.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace synscope {

struct SourceFunction {
  std::string name, file;  // empty = unknown
  uint32_t line = 0;
  bool inlined = false;
};

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
