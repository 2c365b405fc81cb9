// See demangle.h. libiberty knows Rust as well as C++, and gives its output piece by piece:
// a name of a hundred bytes can stand for gigabytes, since parts of it may be repeated.
#include "demangle.h"

// libiberty would declare a basename() that contradicts the C library's.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

namespace synscope {

namespace {

constexpr size_t kLongestSymbol = 8192;  // parsing recurses: this many levels fit a thread's stack
constexpr int kPieces = 65536;

// Plain data: the demanglers are left by longjmp, which runs no destructors.
struct Output {
  jmp_buf full;
  size_t length;
  int pieces;
  char text[kLongestName];
};

void take(const char* piece, size_t length, void* argument) {
  auto* output = static_cast<Output*>(argument);
  size_t fits = std::min(length, kLongestName - output->length);
  if (fits > 0) memcpy(output->text + output->length, piece, fits);
  output->length += fits;
  if (fits < length || ++output->pieces > kPieces) longjmp(output->full, 1);
}

using Demangler = int (*)(const char*, int, demangle_callbackref, void*);

bool demangle(Demangler demangler, const char* symbol, int options, Output* output) {
  output->length = 0;
  output->pieces = 0;
  if (setjmp(output->full) != 0) return true;
  return demangler(symbol, options, take, output) != 0;
}

// `name@VERSION` and `name@@VERSION` of a static symbol table.
size_t length_without_version(const char* symbol) {
  const char* at = strchr(symbol, '@');
  return at == nullptr || at == symbol ? strlen(symbol) : at - symbol;
}

}  // namespace

std::string printable(const char* text, size_t length, size_t most) {
  bool cut = length > most;
  std::string result(text, cut ? most : length);
  // Not in the middle of a character of UTF-8.
  while (cut && !result.empty() && (result.back() & 0xc0) == 0x80) result.pop_back();
  if (cut && !result.empty() && (result.back() & 0xc0) == 0xc0) result.pop_back();
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return cut ? result + "…" : result;
}

std::string readable_name(const char* symbol) {
  bool mangled = strncmp(symbol, "_Z", 2) == 0 || strncmp(symbol, "_R", 2) == 0;
  size_t length = mangled ? strlen(symbol) : length_without_version(symbol);
  if (!mangled || length > kLongestSymbol) return printable(symbol, length);
  Output output;
  std::string bare(symbol, length_without_version(symbol));
  bool known = demangle(rust_demangle_callback, bare.c_str(), DMGL_PARAMS, &output) ||
               (bare[1] == 'Z' && demangle(cplus_demangle_v3_callback, bare.c_str(),
                                           DMGL_PARAMS | DMGL_ANSI | DMGL_NO_RECURSE_LIMIT, &output));
  return known ? printable(output.text, output.length) : printable(bare.data(), bare.size());
}

}  // namespace synscope
