// See go_elf.h.
#include "go_elf.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "go_table.h"

namespace synscope {

namespace {

// Words of moduledata (go/src/runtime/symtab.go): its own table, begin of the code, and begin
// of the functions' data, which later versions put behind new members.
constexpr size_t kTableWord = 0, kTextWord = 22, kFunctionDataWords[] = {38, 40, 43};
constexpr size_t kModuleWords = 44;
constexpr size_t kMostPlaces = 4;  // each is asked about with a pass over all relocations

template <typename See>
void each_section(Elf* elf, See see) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr && !see(section, header)) return;
  }
}

template <typename See>
void each_relative_relocation(Elf* elf, See see) {
  each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type != SHT_RELA || (header.sh_flags & SHF_ALLOC) == 0) return true;
    Elf_Data* data = elf_getdata(section, nullptr);
    size_t count = data == nullptr ? 0 : data->d_size / sizeof(Elf64_Rela);
    for (size_t i = 0; i < count; i++) {
      GElf_Rela relocation;
      if (gelf_getrela(data, i, &relocation) != nullptr && relocation.r_addend != 0)
        see(relocation.r_offset, static_cast<uint64_t>(relocation.r_addend));
    }
    return true;
  });
}

// The file of a position-independent program leaves it to the loader; since Go 1.26 only the
// module has it (cmd/link/internal/ld/pcln.go).
uint64_t text_start(Elf* elf, const ElfMemory& memory, const GoProgram& program, uint64_t table) {
  size_t field = 0;
  uint64_t start = go_text_start(program.table, program.size, &field);
  if (start == 0 && field != 0) {
    auto relocated = memory.words(table + field, 1);
    if (!relocated.empty()) start = relocated[0];
  }
  GElf_Shdr text;
  if (start == 0 && !program.modules.empty()) start = program.modules[0].text;
  if (start == 0 && section_named(elf, {".text"}, &text) != nullptr) start = text.sh_addr;
  return start;
}

}  // namespace

Elf_Scn* section_named(Elf* elf, const std::vector<std::string>& names, GElf_Shdr* header) {
  size_t strings;
  Elf_Scn* found = nullptr;
  if (elf_getshdrstrndx(elf, &strings) != 0) return nullptr;
  each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& one) {
    const char* name = elf_strptr(elf, strings, one.sh_name);
    if (name == nullptr || std::find(names.begin(), names.end(), name) == names.end()) return true;
    found = section;
    *header = one;
    return false;
  });
  return found;
}

bool ElfMemory::read(uint64_t address, void* bytes, size_t size) const {
  bool whole = false;
  each_section(elf_, [&](Elf_Scn* section, const GElf_Shdr& header) {
    uint64_t offset = address - header.sh_addr;
    if ((header.sh_flags & SHF_ALLOC) == 0 || header.sh_type == SHT_NOBITS) return true;
    if (address < header.sh_addr || offset >= header.sh_size) return true;
    Elf_Data* data = elf_getdata(section, nullptr);
    whole = data != nullptr && data->d_buf != nullptr && offset <= data->d_size &&
            data->d_size - offset >= size;
    if (whole) memcpy(bytes, static_cast<const uint8_t*>(data->d_buf) + offset, size);
    return false;
  });
  return whole;
}

std::vector<uint64_t> ElfMemory::words(uint64_t address, size_t count) const {
  std::vector<uint64_t> words(count);
  if (!read(address, words.data(), count * sizeof(uint64_t))) return {};
  each_relative_relocation(elf_, [&](uint64_t place, uint64_t value) {
    uint64_t offset = place - address;
    if (place >= address && offset % sizeof(value) == 0 && offset / sizeof(value) < count)
      words[offset / sizeof(value)] = value;
  });
  return words;
}

std::vector<uint64_t> ElfMemory::places_of(uint64_t word) const {
  std::vector<uint64_t> places;
  auto add = [&](uint64_t place) {
    if (places.size() < kMostPlaces) places.push_back(place);
  };
  each_relative_relocation(elf_, [&](uint64_t place, uint64_t value) {
    if (value == word) add(place);
  });
  each_section(elf_, [&](Elf_Scn* section, const GElf_Shdr& header) {
    uint64_t writable = SHF_ALLOC | SHF_WRITE, value;
    if ((header.sh_flags & writable) != writable || header.sh_type == SHT_NOBITS) return true;
    Elf_Data* data = elf_getdata(section, nullptr);
    size_t size = data == nullptr || data->d_buf == nullptr ? 0 : data->d_size;
    for (size_t at = 0; size >= sizeof(value) && at <= size - sizeof(value); at += sizeof(value)) {
      memcpy(&value, static_cast<const uint8_t*>(data->d_buf) + at, sizeof(value));
      if (value == word) add(header.sh_addr + at);
    }
    return true;
  });
  return places;
}

GoProgram find_go(Elf* elf) {
  GoProgram program;
  GElf_Shdr header;
  Elf_Scn* section = section_named(elf, {".gopclntab", ".data.rel.ro.gopclntab"}, &header);
  Elf_Data* data = section == nullptr ? nullptr : elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return program;
  program.table = static_cast<const uint8_t*>(data->d_buf);
  program.size = data->d_size;
  ElfMemory memory(elf);
  for (uint64_t place : memory.places_of(header.sh_addr)) {
    auto words = memory.words(place, kModuleWords);
    if (words.empty() || words[kTableWord] != header.sh_addr) continue;
    GoModule module = {words[kTextWord], {}};
    for (size_t word : kFunctionDataWords) module.function_data.push_back(words[word]);
    program.modules.push_back(std::move(module));
  }
  program.text_start = text_start(elf, memory, program, header.sh_addr);
  return program;
}

}  // namespace synscope
