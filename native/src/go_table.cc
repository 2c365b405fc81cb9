// See go_table.h.
#include "go_table.h"

#include <algorithm>
#include <cstring>

namespace synscope {

namespace {

constexpr uint32_t kGo12 = 0xfffffffb, kGo116 = 0xfffffffa, kGo118 = 0xfffffff0,
                   kGo120 = 0xfffffff1;
constexpr uint64_t kFunctions = 4'000'000;

}  // namespace

uint64_t GoTable::word(uint64_t at, unsigned width) const {
  uint64_t value = 0;
  if (at > size_ || size_ - at < width) return 0;
  memcpy(&value, bytes_ + at, width);
  return value;
}

const char* GoTable::text(uint64_t at) const {
  if (at >= size_) return nullptr;
  auto* found = reinterpret_cast<const char*>(bytes_ + at);
  return memchr(found, 0, size_ - at) == nullptr || *found == '\0' ? nullptr : found;
}

GoTable::GoTable(const uint8_t* bytes, size_t size, uint64_t text_start)
    : bytes_(bytes), size_(size) {
  pointer_ = word(7, 1);
  if (size < 16 || (pointer_ != 4 && pointer_ != 8)) return;
  switch (word(0, 4)) {
    case kGo12: format_ = Format::kGo12; break;
    case kGo116: format_ = Format::kGo116; break;
    case kGo118: format_ = Format::kGo118; break;
    case kGo120: format_ = Format::kGo120; break;
    default: return;
  }
  list_ = 8u + pointer_;
  width_ = pointer_;
  if (format_ != Format::kGo12) {
    // Since Go 1.18 the text's begin stands in between.
    unsigned first = counts_from_text() ? 3 : 2;
    names_ = header(first);
    units_ = header(first + 1);
    files_ = header(first + 2);
    values_ = header(first + 3);
    list_ = base_ = header(first + 4);
  }
  if (counts_from_text()) {
    width_ = 4;
    text_start_ = text_start;
  }
  if (list_ < size_) count_ = std::min({header(0), (size_ - list_) / (2 * width_), kFunctions});
}

uint64_t GoTable::entry(uint64_t i) const { return text_start_ + word(list_ + 2 * i * width_, width_); }

// Offsets of functions count from their list, in the oldest format from the table's begin.
uint64_t GoTable::function(uint64_t i) const {
  uint64_t offset = word(list_ + (2 * i + 1) * width_, width_);
  return offset > size_ || base_ > size_ ? size_ : base_ + offset;
}

const char* GoTable::name(uint64_t offset) const { return text(names_ > size_ ? size_ : names_ + offset); }

uint64_t go_text_start(const uint8_t* bytes, size_t size, size_t* field) {
  GoTable table(bytes, size, 0);
  if (!table.counts_from_text()) return 0;
  *field = 8 + 2 * table.pointer();
  return table.header(2);
}

std::vector<GoFunction> read_go_functions(const uint8_t* bytes, size_t size, uint64_t text_start) {
  std::vector<GoFunction> functions;
  GoTable table(bytes, size, text_start);
  functions.reserve(table.count());
  for (uint64_t i = 0; i < table.count(); i++) {
    uint64_t function = table.function(i);
    if (function >= table.size()) continue;
    const char* name = table.name(table.word(function + table.entry_width(), 4));
    if (name != nullptr) functions.push_back({table.entry(i), name});
  }
  return functions;
}

}  // namespace synscope
