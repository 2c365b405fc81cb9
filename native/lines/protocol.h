// What the addon and the reader of debug information say to each other over a socket of
// whole messages: native/src/line_process.cc asks, native/lines/main.cc answers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace synscope {

constexpr size_t kLineAddresses = 64;
constexpr size_t kLineAnswer = 64 * 1024;  // bytes; what does not fit is left out

// Files that are kept open, least recently asked about go: both sides count the same.
constexpr size_t kLineFiles = 8;

// With it travels the file, and the file of its debug information when that is another;
// neither when the reader has kept them.
struct LineQuestion {
  uint64_t key;  // the same for the same file: what was read of it may be kept
  uint32_t count;
  uint32_t pad;
  uint64_t addresses[kLineAddresses];  // as the linker gave them
};

// The answer begins with one count of functions per address, innermost first; for each
// function follow its line, and its name and file as text that ends with NUL.
struct LineFunction {
  uint32_t line;  // 0 = unknown
  uint32_t inlined;
};

}  // namespace synscope
