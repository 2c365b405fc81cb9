// See go_table.h.
#include "go_table.h"

#include <algorithm>
#include <cstring>

namespace synscope {

namespace {

constexpr uint32_t kGo12 = 0xfffffffb, kGo116 = 0xfffffffa, kGo118 = 0xfffffff0,
                   kGo120 = 0xfffffff1;
constexpr uint64_t kFunctions = 4'000'000;

// Reads little-endian words; whatever lies outside of the table is 0.
class Table {
 public:
  Table(const uint8_t* bytes, size_t size) : bytes_(bytes), size_(size) {}

  uint64_t word(uint64_t at, unsigned width) const {
    uint64_t value = 0;
    if (at > size_ || size_ - at < width) return 0;
    memcpy(&value, bytes_ + at, width);
    return value;
  }
  uint32_t magic() const { return word(0, 4); }
  unsigned pointer() const { return word(7, 1); }
  // The nth word after the eight bytes of magic, padding, quantum and pointer size.
  uint64_t header(unsigned n) const { return word(8 + n * pointer(), pointer()); }

  const char* name(uint64_t at) const {
    if (at >= size_) return nullptr;
    auto* text = reinterpret_cast<const char*>(bytes_ + at);
    return memchr(text, 0, size_ - at) == nullptr || *text == '\0' ? nullptr : text;
  }

  bool known() const {
    uint32_t found = magic();
    return size_ >= 16 && (pointer() == 4 || pointer() == 8) &&
           (found == kGo12 || found == kGo116 || found == kGo118 || found == kGo120);
  }
  bool counts_from_text() const { return magic() == kGo118 || magic() == kGo120; }
  size_t size() const { return size_; }

 private:
  const uint8_t* bytes_;
  size_t size_;
};

// Where in the table the list of functions and their names begin.
struct Places {
  uint64_t functions, names;
  unsigned width;  // of an entry's address and offset
};

Places places_of(const Table& table) {
  if (table.counts_from_text()) return {table.header(7), table.header(3), 4};
  if (table.magic() == kGo116) return {table.header(6), table.header(2), table.pointer()};
  return {8u + table.pointer(), 0, table.pointer()};
}

}  // namespace

uint64_t go_text_start(const uint8_t* bytes, size_t size, size_t* field) {
  Table table(bytes, size);
  if (!table.known() || !table.counts_from_text()) return 0;
  *field = 8 + 2 * table.pointer();
  return table.header(2);
}

std::vector<GoFunction> read_go_functions(const uint8_t* bytes, size_t size, uint64_t text_start) {
  std::vector<GoFunction> functions;
  Table table(bytes, size);
  if (!table.known()) return functions;
  Places places = places_of(table);
  // Offsets of functions count from their list, in the oldest format from the table's begin.
  uint64_t base = table.magic() == kGo12 ? 0 : places.functions;
  uint64_t first = places.functions, entry = 2 * places.width;
  if (first >= size) return functions;
  uint64_t count = std::min({table.header(0), (size - first) / entry, kFunctions});
  functions.reserve(count);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t address = table.word(first + i * entry, places.width);
    uint64_t function = table.word(first + i * entry + places.width, places.width);
    if (function > size || base > size) continue;
    uint64_t name_at = table.word(base + function + places.width, 4);
    const char* name = table.name(places.names > size ? size : places.names + name_at);
    if (name == nullptr) continue;
    functions.push_back({table.counts_from_text() ? text_start + address : address, name});
  }
  return functions;
}

}  // namespace synscope
