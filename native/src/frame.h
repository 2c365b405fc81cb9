// One frame of a stack on its way to a name. Made by symbolizer.cc, completed by
// source_lines.cc; `SymbolizedFrame` of contract/addon.ts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "elf_symbols.h"

namespace synscope {

struct Frame {
  uint64_t address = 0;
  std::string name, module, build_id, problem;  // empty = null
  int64_t offset = -1;                          // -1 = null
  const char* quality = "kernel";
  std::string file;   // empty = null
  int64_t line = -1;  // -1 = null
  bool inlined = false;

  // Not shown: the file that the code is of, and where in it the call is.
  std::shared_ptr<ElfFile> elf;
  uint64_t call = 0;
  bool from_runtime_map = false;
};

}  // namespace synscope
