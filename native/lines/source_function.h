// What dwarf_lines.cc and go_lines.cc find at an address.
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

}  // namespace synscope
