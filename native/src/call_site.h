// Whether an address is one that a call would return to. Used by symbolizer.cc to judge
// the word at a user stack pointer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace synscope {

// Longest call instruction that is recognised.
constexpr size_t kCallBytes = 7;

// `before`: the kCallBytes bytes of code in front of the address.
bool ends_with_call(const uint8_t* before);

}  // namespace synscope
