// Names of functions in a Go program without a symbol table: the runtime's own table
// (.gopclntab), which no strip removes. Used by elf_table.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synscope {

struct GoFunction {
  uint64_t address;
  const char* name;  // NUL-terminated, within the table
};

// The functions in a table of `size` bytes. `text_start` is the address that functions count
// from since Go 1.18. Empty when it is no table that this reader knows; entries that point
// outside of it are left out. Formats: go/src/debug/gosym/pclntab.go, Go 1.2, 1.16, 1.18, 1.20.
std::vector<GoFunction> read_go_functions(const uint8_t* table, size_t size, uint64_t text_start);

// The text start that the table itself has, 0 when it has none: the file of a
// position-independent program leaves it to the loader. `field` gets its offset in the table.
uint64_t go_text_start(const uint8_t* table, size_t size, size_t* field);

}  // namespace synscope
