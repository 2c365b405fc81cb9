// See go_lines.h. Formats: go/src/runtime/symtab.go, symtabinl.go and runtime2.go (_func).
#include "go_lines.h"

#include <cstring>
#include <utility>

#include "../src/demangle.h"

namespace synscope {

namespace {

constexpr size_t kInlinedHere = 32;      // levels; a deeper nest is cut
constexpr size_t kSteps = 1'000'000;     // of one function's values
constexpr uint32_t kNone = UINT32_MAX;
// Numbers of the tables of a function (go/src/internal/abi/symtab.go), the same since Go 1.16.
constexpr uint32_t kInlinedAtTable = 2, kInlinedCallsTable = 3;
// Members of _func behind its entry.
constexpr unsigned kName = 0, kFiles = 16, kLines = 20, kTables = 24, kUnit = 28, kMore = 32;

std::string printable_text(const char* text) {
  return text == nullptr ? "" : printable(text, strlen(text), 4096);
}

}  // namespace

struct GoLines::Function {
  uint64_t begin, end;
  uint64_t name, files, lines, unit;  // offsets, `unit` a number
  uint64_t inlined_at = 0;            // offset of the values; 0 = nothing was inlined
  uint64_t inlined_calls = kNone;     // offset in the data of functions
};

struct GoLines::InlinedCall {
  const char* name;
  uint64_t called_at;
};

GoLines::GoLines(const GoProgram& program, ReadBytes read)
    : table_(program.table, program.size, program.text_start), read_(std::move(read)) {
  for (const GoModule& module : program.modules)
    function_data_.insert(function_data_.end(), module.function_data.begin(),
                          module.function_data.end());
}

bool GoLines::function_at(uint64_t address, Function* function) const {
  uint64_t low = 0, high = table_.count();
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (table_.entry(middle) <= address) low = middle + 1;
    else high = middle;
  }
  if (low == 0 || address >= table_.entry(low)) return false;
  function->begin = table_.entry(low - 1);
  function->end = table_.entry(low);
  uint64_t record = table_.function(low - 1) + table_.entry_width();
  if (record >= table_.size()) return false;
  auto word = [&](uint64_t at) { return table_.word(record + at, 4); };
  function->name = word(kName);
  function->files = word(kFiles);
  function->lines = word(kLines);
  function->unit = word(kUnit);
  uint64_t tables = word(kTables);
  // Go 1.20 added the line that the function begins at.
  unsigned counts = table_.format() == GoTable::Format::kGo120 ? kMore + 4 : kMore;
  uint64_t data_tables = table_.word(record + counts + 3, 1), first = counts + 4;
  if (tables > kInlinedAtTable) function->inlined_at = word(first + 4 * kInlinedAtTable);
  if (table_.counts_from_text() && data_tables > kInlinedCallsTable)
    function->inlined_calls = word(first + 4 * (tables + kInlinedCallsTable));
  return true;
}

// A number in groups of seven bits, the lowest first. False at the end of the table.
bool GoLines::take(uint64_t* at, uint32_t* value) const {
  *value = 0;
  for (unsigned shift = 0; shift < 35 && *at < table_.size(); shift += 7) {
    uint32_t byte = table_.word((*at)++, 1);
    *value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

// Pairs of differences, of a value and of the address up to which it holds. -1 = none.
int32_t GoLines::value(const Function& function, uint64_t offset, uint64_t address) const {
  uint64_t at = table_.values() + offset, until = function.begin;
  uint32_t value = UINT32_MAX, difference, length;
  if (offset == 0) return -1;
  for (size_t step = 0; step < kSteps; step++) {
    if (!take(&at, &difference) || (difference == 0 && step > 0) || !take(&at, &length)) return -1;
    value += (difference >> 1) ^ (0 - (difference & 1));
    until += uint64_t{length} * table_.quantum();
    if (address < until) return static_cast<int32_t>(value);
  }
  return -1;
}

int32_t GoLines::inlined_at(const Function& function, uint64_t address) const {
  return value(function, function.inlined_at, address);
}

// Where the data of functions begins is one of a few guesses: what is read there is believed
// when it is the name of a function and a place in this one, that is inlined elsewhere.
bool GoLines::inlined_call(const Function& function, int32_t number, InlinedCall* call) const {
  // struct inlinedCall: parent, kind, file, line, name, place before Go 1.20; kind, name, place.
  bool later = table_.format() == GoTable::Format::kGo120;
  size_t size = later ? 16 : 20, name_at = later ? 4 : 12, place_at = later ? 8 : 16;
  if (function.inlined_calls == kNone) return false;
  for (uint64_t begin : function_data_) {
    uint8_t bytes[20];
    uint32_t name, place;
    if (!read_(begin + function.inlined_calls + size * number, bytes, size)) continue;
    memcpy(&name, bytes + name_at, sizeof(name));
    memcpy(&place, bytes + place_at, sizeof(place));
    call->name = name == 0 || !table_.begins_name(name) ? nullptr : table_.name(name);
    call->called_at = function.begin + place;
    if (call->name != nullptr && call->called_at < function.end &&
        inlined_at(function, call->called_at) != number)
      return true;
  }
  return false;
}

void GoLines::put_place(const Function& function, uint64_t address, SourceFunction* at) const {
  int32_t file = value(function, function.files, address);
  int32_t line = value(function, function.lines, address);
  if (file < 0 || line < 0 || table_.units() >= table_.size()) return;
  uint64_t name = table_.word(table_.units() + 4 * (function.unit + file), 4);
  if (name == kNone || table_.files() >= table_.size()) return;
  at->file = printable_text(table_.text(table_.files() + name));
  at->line = line;
}

std::vector<SourceFunction> GoLines::find(uint64_t address) const {
  std::vector<SourceFunction> functions;
  Function function;
  bool known = table_.format() != GoTable::Format::kUnknown &&
               table_.format() != GoTable::Format::kGo12 && table_.pointer() == 8;
  if (!known || !function_at(address, &function)) return functions;
  while (functions.size() < kInlinedHere) {
    SourceFunction at;
    put_place(function, address, &at);
    int32_t number = inlined_at(function, address);
    at.inlined = number >= 0;
    InlinedCall call = {table_.name(function.name), 0};
    if (at.inlined && !inlined_call(function, number, &call)) return {};
    if (call.name != nullptr) at.name = readable_name(call.name);
    functions.push_back(std::move(at));
    if (number < 0) break;
    address = call.called_at;
  }
  return functions;
}

}  // namespace synscope
