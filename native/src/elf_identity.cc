// See elf_identity.h.
#include "elf_identity.h"

#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

namespace synscope {

namespace {

// 0.3 ms for a file with debug information.
constexpr uint64_t kSample = 16 * 1024;
constexpr size_t kSections = 128;
constexpr size_t kSegments = 64;

class Hash {
 public:
  template <typename Plain>
  void add(const Plain& plain) {
    add_bytes(&plain, sizeof(plain));
  }
  void add_bytes(const void* bytes, size_t size) {
    std::string_view text(static_cast<const char*>(bytes), size);
    value_ = (value_ ^ std::hash<std::string_view>()(text)) * UINT64_C(0x9e3779b97f4a7c15);
    value_ ^= value_ >> 29;
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0;
};

void add_part(int fd, uint64_t from, uint64_t size, Hash* hash) {
  std::string bytes(std::min(size, kSample), '\0');
  ssize_t got = pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(from));
  if (got > 0) hash->add_bytes(bytes.data(), got);
}

// Symbols, names, and all that is not mapped: debug information, and where more of it is.
bool tells_names(const GElf_Shdr& header) {
  if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) return true;
  return header.sh_type == SHT_STRTAB ||
         (header.sh_type == SHT_PROGBITS && (header.sh_flags & SHF_ALLOC) == 0);
}

void add_sections(int fd, Elf* elf, Hash* hash) {
  size_t left = kSections;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr && left > 0;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    hash->add(header);
    left--;
    if (!tells_names(header)) continue;
    add_part(fd, header.sh_offset, header.sh_size, hash);
    if (header.sh_size > kSample)
      add_part(fd, header.sh_offset + header.sh_size - kSample, kSample, hash);
  }
}

void add_segments(Elf* elf, Hash* hash) {
  size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < std::min(count, kSegments); i++) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, i, &header) != nullptr) hash->add(header);
  }
}

}  // namespace

uint64_t identity_of(int fd) {
  elf_version(EV_CURRENT);
  Hash hash;
  // Read, not mapped: the file may shrink meanwhile.
  Elf* elf = elf_begin(fd, ELF_C_READ, nullptr);
  GElf_Ehdr header;
  if (elf != nullptr && gelf_getehdr(elf, &header) != nullptr) {
    hash.add(header);
    add_segments(elf, &hash);
    add_sections(fd, elf, &hash);
  }
  if (elf != nullptr) elf_end(elf);
  return hash.value();
}

}  // namespace synscope
