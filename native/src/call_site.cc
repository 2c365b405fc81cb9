// See call_site.h.
#include "call_site.h"

namespace synscope {

#if defined(__x86_64__)

namespace {

// `call r/m64` is FF with the digit 2 in its ModRM byte; mode and register say how many
// bytes of SIB and displacement follow.
bool is_indirect_call(const uint8_t* code, size_t size) {
  if (code[0] != 0xff || (code[1] & 0x38) != 0x10) return false;
  uint8_t mode = code[1] >> 6, rm = code[1] & 7;
  size_t length = 2;
  if (mode != 3 && rm == 4) length += 1;
  if (mode == 1) length += 1;
  if (mode == 2 || (mode == 0 && rm == 5)) length += 4;
  return length == size;
}

}  // namespace

bool ends_with_call(const uint8_t* before) {
  const uint8_t* end = before + kCallBytes;
  if (end[-5] == 0xe8) return true;
  for (size_t size = 2; size <= kCallBytes; size++)
    if (is_indirect_call(end - size, size)) return true;
  return false;
}

#else

// Elsewhere the return address is in a register, and nobody passes the word.
bool ends_with_call(const uint8_t*) { return false; }

#endif

}  // namespace synscope
