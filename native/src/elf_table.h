// Reading of one ELF file: build-id and symbols. See elf_symbols.h for who keeps them.
#pragma once

#include <memory>
#include <string>

#include "elf_symbols.h"

namespace synscope {

// GNU build-id in hex, empty when the file has none or is not ELF.
std::string read_build_id(int fd);

// Null when the file is not ELF. `fd` stays open.
std::shared_ptr<const SymbolTable> read_symbol_table(int fd, const std::string& path);

}  // namespace synscope
