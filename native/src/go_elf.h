// Where a Go program keeps what its runtime knows of its own functions: the table
// (.gopclntab), and the linker's notes about it (runtime.firstmoduledata). Used by elf_table.cc
// for names and by native/lines/go_lines.cc for lines.
#pragma once

#include <gelf.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synscope {

// What may be runtime.firstmoduledata.
struct GoModule {
  uint64_t text;
  // Where data of functions (go:func.*) may begin: by the layout of Go 1.18, 1.20, 1.27.
  std::vector<uint64_t> function_data;
};

struct GoProgram {
  const uint8_t* table = nullptr;  // null = none; lives as long as the Elf
  size_t size = 0;
  uint64_t text_start = 0;  // the address that functions count from since Go 1.18
  std::vector<GoModule> modules;
};

// Bytes of a file at the addresses that the linker gave them, as the loader would leave them
// in a program at the place that it was linked for.
class ElfMemory {
 public:
  explicit ElfMemory(Elf* elf) : elf_(elf) {}
  // False when the file does not have all of them.
  bool read(uint64_t address, void* bytes, size_t size) const;
  // `count` words of 64 bits. Empty when the file does not have all of them.
  std::vector<uint64_t> words(uint64_t address, size_t count) const;
  // Where an address is written, by a relocation or, aligned, in the data itself.
  std::vector<uint64_t> places_of(uint64_t word) const;

 private:
  Elf* elf_;
};

// The first section with one of the names; null when there is none.
Elf_Scn* section_named(Elf* elf, const std::vector<std::string>& names, GElf_Shdr* header);

GoProgram find_go(Elf* elf);

}  // namespace synscope
