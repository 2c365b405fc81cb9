// Reads the symbol table of one ELF file: .symtab or .dynsym, and .gnu_debugdata, which
// libdw unpacks. See elf_symbols.h; libdwfl's own look-up scans all symbols each time.
#include "elf_table.h"

#include <cxxabi.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace synscope {

namespace {

// No separate debug files: looking for them could ask a debuginfod server.
int no_debug_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                  GElf_Word, char**) {
  return -1;
}

const Dwfl_Callbacks kCallbacks = {dwfl_build_id_find_elf, no_debug_file,
                                   dwfl_offline_section_address, nullptr};

struct Candidate {
  uint64_t address;
  uint32_t size;
  const char* name;
  bool local;
};

// The name that a programmer would use comes first: not local, few underscores, short.
bool is_better(const Candidate& a, const Candidate& b) {
  if (a.address != b.address) return a.address < b.address;
  if (a.local != b.local) return b.local;
  size_t underscores_a = strspn(a.name, "_"), underscores_b = strspn(b.name, "_");
  if (underscores_a != underscores_b) return underscores_a < underscores_b;
  return strlen(a.name) < strlen(b.name);
}

void read_segments(Elf* elf, SymbolTable* table) {
  size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, i, &header) == nullptr || header.p_type != PT_LOAD) continue;
    table->segments.push_back({header.p_offset, header.p_vaddr, header.p_filesz});
  }
}

void read_symbols(Dwfl_Module* module, SymbolTable* table) {
  std::vector<Candidate> candidates;
  int count = dwfl_module_getsymtab(module);
  for (int i = 1; i < count; i++) {
    GElf_Sym symbol;
    GElf_Addr address;
    const char* name = dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
    int type = GELF_ST_TYPE(symbol.st_info);
    if (name == nullptr || *name == '\0' || symbol.st_shndx == SHN_UNDEF) continue;
    if (type != STT_FUNC && type != STT_GNU_IFUNC) continue;
    candidates.push_back({address, static_cast<uint32_t>(symbol.st_size), name,
                          GELF_ST_BIND(symbol.st_info) == STB_LOCAL});
  }
  std::sort(candidates.begin(), candidates.end(), is_better);
  for (const Candidate& candidate : candidates) {
    if (!table->symbols.empty() && table->symbols.back().address == candidate.address) continue;
    table->symbols.push_back(
        {candidate.address, candidate.size, static_cast<uint32_t>(table->names.size())});
    table->names.append(candidate.name).push_back('\0');
  }
  table->symbols.shrink_to_fit();
}

std::string demangled(const char* name) {
  if (strncmp(name, "_Z", 2) != 0) return name;
  int status = 0;
  char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = status == 0 && text != nullptr ? text : name;
  free(text);
  return result;
}

}  // namespace

std::string read_build_id(int fd) {
  elf_version(EV_CURRENT);
  Elf* elf = elf_begin(fd, ELF_C_READ_MMAP, nullptr);
  const void* bits = nullptr;
  ssize_t length = elf == nullptr ? 0 : dwelf_elf_gnu_build_id(elf, &bits);
  std::string hex;
  for (ssize_t i = 0; i < length; i++) {
    char digits[3];
    snprintf(digits, sizeof(digits), "%02x", static_cast<const uint8_t*>(bits)[i]);
    hex += digits;
  }
  if (elf != nullptr) elf_end(elf);
  return hex;
}

std::shared_ptr<const SymbolTable> read_symbol_table(int fd, const std::string& path) {
  Dwfl* dwfl = dwfl_begin(&kCallbacks);
  if (dwfl == nullptr) return nullptr;
  std::shared_ptr<SymbolTable> table;
  int own = dup(fd);
  dwfl_report_begin(dwfl);
  Dwfl_Module* module = dwfl_report_elf(dwfl, path.c_str(), path.c_str(), own, 0, true);
  dwfl_report_end(dwfl, nullptr, nullptr);
  if (module == nullptr) {
    close(own);
  } else {
    GElf_Addr bias;
    table = std::make_shared<SymbolTable>();
    Elf* elf = dwfl_module_getelf(module, &bias);
    if (elf != nullptr) read_segments(elf, table.get());
    read_symbols(module, table.get());
  }
  dwfl_end(dwfl);
  return table;
}

std::string SymbolTable::find(uint64_t file_offset) const {
  for (const Segment& segment : segments) {
    if (file_offset < segment.offset || file_offset - segment.offset >= segment.size) continue;
    uint64_t address = file_offset - segment.offset + segment.address;
    auto after = std::upper_bound(symbols.begin(), symbols.end(), address,
                                  [](uint64_t wanted, const Symbol& s) { return wanted < s.address; });
    if (after == symbols.begin()) return "";
    const Symbol& symbol = *(after - 1);
    if (symbol.size != 0 && address - symbol.address >= symbol.size) continue;
    return demangled(&names[symbol.name]);
  }
  return "";
}

}  // namespace synscope
