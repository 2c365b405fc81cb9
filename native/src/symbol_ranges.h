// From the symbols of a file to ranges of code that do not overlap: which of those that claim
// an address names it. Used by elf_table.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "elf_symbols.h"

namespace synscope {

struct Candidate {
  uint64_t address;
  uint32_t size;  // 0 = up to the next symbol
  const char* name;
  bool local;
  bool typed;  // declared as a function
  bool sized;  // declared with its size; else `size` is how far it may reach
};

// Fills `symbols` and `names` of the table.
void keep_ranges(std::vector<Candidate> candidates, SymbolTable* table);

}  // namespace synscope
