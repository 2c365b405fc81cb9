// Source lines and inlined functions of a Go program out of the table that its runtime keeps
// for tracebacks (.gopclntab): what is left when its debug information was stripped. Used by
// main.cc.
#pragma once

#include <functional>

#include "../src/go_elf.h"
#include "../src/go_table.h"
#include "source_function.h"

namespace synscope {

class GoLines {
 public:
  using ReadBytes = std::function<bool(uint64_t address, void* bytes, size_t size)>;

  // `read` reads the program where the linker put it. Both it and the table stay the caller's.
  GoLines(const GoProgram& program, ReadBytes read);

  // As DwarfLines::find. Knows Go 1.16 and later, inlined functions since 1.18. Empty where
  // something was inlined that it does not know: its line would be told of another function.
  std::vector<SourceFunction> find(uint64_t address) const;

 private:
  struct Function;
  struct InlinedCall;

  bool function_at(uint64_t address, Function* function) const;
  int32_t value(const Function& function, uint64_t offset, uint64_t address) const;
  int32_t inlined_at(const Function& function, uint64_t address) const;
  bool inlined_call(const Function& function, int32_t number, InlinedCall* call) const;
  void put_place(const Function& function, uint64_t address, SourceFunction* at) const;
  bool take(uint64_t* at, uint32_t* value) const;

  GoTable table_;
  std::vector<uint64_t> function_data_;
  ReadBytes read_;
};

}  // namespace synscope
