// Reads the symbol table of one ELF file: .symtab or .dynsym, .gnu_debugdata, which libdw
// unpacks, and .gopclntab of Go. See elf_symbols.h; libdwfl's own look-up scans all symbols
// each time.
#include "elf_table.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "demangle.h"
#include "go_elf.h"
#include "go_table.h"
#include "steady_file.h"
#include "symbol_ranges.h"

namespace synscope {

namespace {

constexpr int kSymbols = 4'000'000;        // of one file; chromium has 1,000,000
constexpr size_t kVdsoBytes = 64 * 1024;

// Called by libdwfl for a file whose symbol table was stripped.
int find_debug_file(Dwfl_Module* module, void**, const char* path, Dwarf_Addr, const char* name,
                    const char*, GElf_Word crc, char**) {
  const unsigned char* bits;
  GElf_Addr address;
  DebugLink link;
  int length = dwfl_module_build_id(module, &bits, &address);
  char digits[3];
  for (int i = 0; i < length; i++) {
    snprintf(digits, sizeof(digits), "%02x", bits[i]);
    link.build_id += digits;
  }
  link.name = name == nullptr ? "" : name;
  link.path = path == nullptr ? "" : path;
  link.crc = crc;
  int fd = DebugFiles::shared().open(link);
  int steady = fd < 0 ? -1 : open_steady(fd);
  if (fd >= 0) close(fd);
  return steady;
}

const Dwfl_Callbacks kCallbacks = {dwfl_build_id_find_elf, find_debug_file,
                                   dwfl_offline_section_address, nullptr};

void read_segments(Elf* elf, SymbolTable* table) {
  size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, i, &header) == nullptr || header.p_type != PT_LOAD) continue;
    table->segments.push_back({header.p_offset, header.p_vaddr, header.p_filesz});
  }
}

// Assembly's labels have no type: `_start` of some, syscall stubs of others. Marks for
// disassemblers ($x, .L1) are no names.
bool is_function(const GElf_Sym& symbol, const char* name, const GElf_Shdr& section) {
  int type = GELF_ST_TYPE(symbol.st_info);
  if (type == STT_FUNC || type == STT_GNU_IFUNC) return true;
  return type == STT_NOTYPE && (section.sh_flags & SHF_EXECINSTR) != 0 && name[0] != '$' &&
         name[0] != '.';
}

// A symbol without a size reaches to the next one, but not beyond its section: `_init` is
// not the name of the procedure linkage table behind it.
uint32_t size_of(const GElf_Sym& symbol, const GElf_Shdr& section) {
  if (symbol.st_size != 0) return std::min<uint64_t>(symbol.st_size, UINT32_MAX);
  uint64_t within = symbol.st_value - section.sh_addr;
  if (section.sh_size == 0 || symbol.st_value < section.sh_addr || within >= section.sh_size)
    return 0;
  return std::min<uint64_t>(section.sh_size - within, UINT32_MAX);
}

bool has_whole_table(Elf* elf) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_SYMTAB) return true;
  }
  return false;
}

// Where only what a file exports is known, the next symbol says nothing of where one without
// a size ends: there may be any number of stripped functions between the two.
void drop_endless(std::vector<Candidate>* candidates) {
  auto endless = [](const Candidate& candidate) { return !candidate.sized; };
  candidates->erase(std::remove_if(candidates->begin(), candidates->end(), endless),
                    candidates->end());
}

void read_symbols(Dwfl_Module* module, std::vector<Candidate>* candidates) {
  int count = std::min(dwfl_module_getsymtab(module), kSymbols);
  std::set<Elf*> files;  // its own, that of its debug information
  for (int i = 1; i < count; i++) {
    GElf_Sym symbol;
    GElf_Addr address;
    GElf_Word index;
    Elf* elf = nullptr;
    Dwarf_Addr bias;
    const char* name = dwfl_module_getsym_info(module, i, &symbol, &address, &index, &elf, &bias);
    if (name == nullptr || *name == '\0' || index == SHN_UNDEF) continue;
    GElf_Shdr section = {};
    if (index < SHN_LORESERVE && elf != nullptr) gelf_getshdr(elf_getscn(elf, index), &section);
    if (!is_function(symbol, name, section)) continue;
    files.insert(elf);
    candidates->push_back({address, size_of(symbol, section), name,
                           GELF_ST_BIND(symbol.st_info) == STB_LOCAL,
                           GELF_ST_TYPE(symbol.st_info) != STT_NOTYPE, symbol.st_size != 0});
  }
  if (std::none_of(files.begin(), files.end(), has_whole_table)) drop_endless(candidates);
}

void read_go(Elf* elf, std::vector<Candidate>* candidates) {
  GoProgram go = find_go(elf);
  if (go.table == nullptr) return;
  for (const GoFunction& function : read_go_functions(go.table, go.size, go.text_start))
    candidates->push_back({function.address, 0, function.name, true, true, false});
}

}  // namespace

std::string read_build_id(int fd) { return read_debug_link(fd, "").build_id; }

DebugLink read_debug_link(int fd, const std::string& path) {
  elf_version(EV_CURRENT);
  DebugLink link;
  link.path = path;
  // Read, not mapped: the file may shrink meanwhile.
  Elf* elf = elf_begin(fd, ELF_C_READ, nullptr);
  const void* bits = nullptr;
  ssize_t length = elf == nullptr ? 0 : dwelf_elf_gnu_build_id(elf, &bits);
  for (ssize_t i = 0; i < length && i < 64; i++) {
    char digits[3];
    snprintf(digits, sizeof(digits), "%02x", static_cast<const uint8_t*>(bits)[i]);
    link.build_id += digits;
  }
  GElf_Word crc = 0;
  const char* name = elf == nullptr ? nullptr : dwelf_elf_gnu_debuglink(elf, &crc);
  if (name != nullptr) link.name = name;
  link.crc = crc;
  if (elf != nullptr) elf_end(elf);
  return link;
}

std::shared_ptr<const SymbolTable> read_symbol_table(int fd, const std::string& path) {
  int own = open_steady(fd);
  if (own < 0) return nullptr;
  Dwfl* dwfl = dwfl_begin(&kCallbacks);
  if (dwfl == nullptr) {
    close(own);
    return nullptr;
  }
  std::shared_ptr<SymbolTable> table;
  dwfl_report_begin(dwfl);
  Dwfl_Module* module = dwfl_report_elf(dwfl, path.c_str(), path.c_str(), own, 0, true);
  dwfl_report_end(dwfl, nullptr, nullptr);
  if (module == nullptr) {
    close(own);
  } else {
    GElf_Addr bias;
    std::vector<Candidate> candidates;
    table = std::make_shared<SymbolTable>();
    Elf* elf = dwfl_module_getelf(module, &bias);
    read_symbols(module, &candidates);
    if (elf != nullptr) {
      read_segments(elf, table.get());
      read_go(elf, &candidates);
    }
    keep_ranges(std::move(candidates), table.get());
  }
  dwfl_end(dwfl);
  return table;
}

std::shared_ptr<const SymbolTable> read_vdso_table() {
  auto* page = reinterpret_cast<const void*>(getauxval(AT_SYSINFO_EHDR));
  if (page == nullptr) return nullptr;
  auto* header = static_cast<const Elf64_Ehdr*>(page);
  // Its sections' headers come last.
  uint64_t size = header->e_shoff + uint64_t{header->e_shnum} * header->e_shentsize;
  int fd = size > kVdsoBytes ? -1 : file_of_bytes(page, size);
  if (fd < 0) return nullptr;
  auto table = read_symbol_table(fd, "[vdso]");
  close(fd);
  return table;
}

uint64_t SymbolTable::address_of(uint64_t file_offset) const {
  for (const Segment& segment : segments)
    if (file_offset >= segment.offset && file_offset - segment.offset < segment.size)
      return file_offset - segment.offset + segment.address;
  return kNoAddress;
}

std::string SymbolTable::find(uint64_t address) const {
  auto after = std::upper_bound(symbols.begin(), symbols.end(), address,
                                [](uint64_t wanted, const Symbol& s) { return wanted < s.address; });
  if (address == kNoAddress || after == symbols.begin()) return "";
  const Symbol& symbol = *(after - 1);
  if (symbol.size != 0 && address - symbol.address >= symbol.size) return "";
  return readable_name(&names[symbol.name]);
}

}  // namespace synscope
