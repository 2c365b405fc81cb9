// Which ELF files may share what was read of one of them. Used by elf_symbols.cc.
#pragma once

#include <cstdint>

namespace synscope {

// The same for copies of a file, another for a stripped copy, and for another program that was
// given the same build-id: by its headers, and the first and last bytes of its symbols and its
// debug information.
uint64_t identity_of(int fd);

}  // namespace synscope
