// One frame of a stack on its way to a name. Made by symbolizer.cc, completed by
// source_lines.cc; `SymbolizedFrame` of contract/addon.ts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "elf_symbols.h"

namespace synscope {

// Why a frame of a file has no name. Any other problem of such a frame says why its caller is
// not known, and stays when it gets a name later; engine/session/name-later.ts has the same two.
constexpr char kUnreadable[] = "the file cannot be read any more";
constexpr char kStripped[] = "the file has no symbol here (stripped)";

inline bool is_about_name(const std::string& problem) {
  return problem == kUnreadable || problem == kStripped;
}

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
