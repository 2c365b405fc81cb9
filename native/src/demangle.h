// Names of functions as their programmer wrote them: C++ and Rust (legacy and v0). Used by
// elf_table.cc and by the reader of debug information (native/lines/).
#pragma once

#include <string>

namespace synscope {

// Longest name that is shown; a hostile one may have megabytes.
constexpr size_t kLongestName = 2048;

// The name that `symbol` stands for, or `symbol` itself: without Rust's hash, without a
// symbol version, without control characters, and cut at kLongestName bytes.
std::string readable_name(const char* symbol);

// `text` cut at `most` bytes, with each control character made visible as `?`.
std::string printable(const char* text, size_t length, size_t most = kLongestName);

}  // namespace synscope
