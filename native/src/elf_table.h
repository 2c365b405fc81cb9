// Reading of one ELF file: build-id and symbols. See elf_symbols.h for who keeps them.
#pragma once

#include <memory>
#include <string>

#include "debug_files.h"
#include "elf_symbols.h"

namespace synscope {

// GNU build-id in hex, empty when the file has none or is not ELF.
std::string read_build_id(int fd);

// What the file says of its debug information; `path` is where it was mapped from.
DebugLink read_debug_link(int fd, const std::string& path);

// Symbols of the file, and of its debug information when that is installed. Null when the
// file is not ELF. `fd` stays open.
std::shared_ptr<const SymbolTable> read_symbol_table(int fd, const std::string& path);

// Symbols of the page of code that the kernel maps into every process; null without one.
std::shared_ptr<const SymbolTable> read_vdso_table();

}  // namespace synscope
