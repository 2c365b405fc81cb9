// What a Go program without a symbol table knows of its functions: the runtime's own table
// (.gopclntab), which no strip removes. Used by elf_table.cc for names and by
// native/lines/go_lines.cc for lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synscope {

// Reads little-endian words; whatever lies outside of the table is 0. Formats:
// go/src/debug/gosym/pclntab.go, Go 1.2, 1.16, 1.18, 1.20.
class GoTable {
 public:
  enum class Format { kUnknown, kGo12, kGo116, kGo118, kGo120 };

  // `text_start` is the address that functions count from since Go 1.18.
  GoTable(const uint8_t* bytes, size_t size, uint64_t text_start);

  Format format() const { return format_; }
  bool counts_from_text() const { return format_ == Format::kGo118 || format_ == Format::kGo120; }
  unsigned pointer() const { return pointer_; }
  size_t size() const { return size_; }
  uint64_t word(uint64_t at, unsigned width) const;
  // The nth word after the eight bytes of magic, padding, quantum and pointer size.
  uint64_t header(unsigned n) const { return word(8 + n * pointer_, pointer_); }
  // Not empty, ended by NUL; null otherwise.
  const char* text(uint64_t at) const;

  // Functions in the order of their addresses; entry(count()) is where the last one ends.
  uint64_t count() const { return count_; }
  uint64_t entry(uint64_t i) const;
  // Where its record begins, which repeats the entry in `entry_width` bytes; size() = nowhere.
  uint64_t function(uint64_t i) const;
  unsigned entry_width() const { return width_; }
  const char* name(uint64_t offset) const;
  // Whether a name begins there, and not within another.
  bool begins_name(uint64_t offset) const { return offset == 0 || word(names_ + offset - 1, 1) == 0; }
  // Where the files of compilation units, the names of files, and values by address begin.
  uint64_t units() const { return units_; }
  uint64_t files() const { return files_; }
  uint64_t values() const { return values_; }
  unsigned quantum() const { return word(6, 1); }

 private:
  const uint8_t* bytes_;
  size_t size_;
  Format format_ = Format::kUnknown;
  unsigned pointer_ = 0, width_ = 0;
  uint64_t names_ = 0, units_ = 0, files_ = 0, values_ = 0, list_ = 0, base_ = 0, count_ = 0;
  uint64_t text_start_ = 0;
};

struct GoFunction {
  uint64_t address;
  const char* name;  // NUL-terminated, within the table
};

// The functions in a table of `size` bytes. Empty when it is no table that this reader knows;
// entries that point outside of it are left out.
std::vector<GoFunction> read_go_functions(const uint8_t* table, size_t size, uint64_t text_start);

// The text start that the table itself has, 0 when it has none: the file of a
// position-independent program leaves it to the loader. `field` gets its offset in the table.
uint64_t go_text_start(const uint8_t* table, size_t size, size_t* field);

}  // namespace synscope
