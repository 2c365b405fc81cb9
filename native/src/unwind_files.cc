// See unwind_files.h.
#include "unwind_files.h"

#include <gelf.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace synscope {

namespace {

// Each holds a descriptor, and of the files in which a stack stood its unwind tables: some
// 100 KB for a C library, some MB for a browser.
constexpr size_t kFiles = 128;
// With those that an image keeps; beyond it no more files are opened.
constexpr size_t kDescriptors = 400;
std::atomic<size_t> descriptors{0};
// Tables are read whole. The largest programs have 30 MB; beyond this a file is not believed.
constexpr uint64_t kLargestTable = 256 * 1024 * 1024;
constexpr size_t kMostSections = 65536;
constexpr uint64_t kPage = 4096;

#if defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
#else
constexpr int kMachine = EM_X86_64;
#endif

bool is_native(Elf* elf) {
  GElf_Ehdr header;
  return elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64 &&
         gelf_getehdr(elf, &header) != nullptr && header.e_machine == kMachine &&
         (header.e_type == ET_DYN || header.e_type == ET_EXEC);
}

bool has_believable_tables(Elf* elf) {
  size_t names = 0, count = 0;
  if (elf_getshdrnum(elf, &count) != 0 || count > kMostSections) return false;
  if (count == 0) return true;
  if (elf_getshdrstrndx(elf, &names) != 0) return false;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) return false;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name != nullptr && strstr(name, "_frame") != nullptr && header.sh_size > kLargestTable)
      return false;
  }
  return true;
}

// The kernel's page ends with its section headers.
size_t vdso_size(const char* image) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(image);
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return 0;
  return header->e_shoff + header->e_shnum * header->e_shentsize;
}

}  // namespace

UnwindFile::UnwindFile(int fd, Elf* elf) : fd_(fd), elf_(elf) {
  if (fd_ >= 0) descriptors++;
  if (elf_ == nullptr) return;
  if (is_native(elf_)) read_segments();
  if (high_ > low_ && has_believable_tables(elf_)) return;
  elf_end(elf_);
  elf_ = nullptr;
}

UnwindFile::~UnwindFile() {
  if (elf_ != nullptr) elf_end(elf_);
  if (fd_ < 0) return;
  close(fd_);
  descriptors--;
}

void UnwindFile::read_segments() {
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_, i, &header) == nullptr || header.p_type != PT_LOAD) continue;
    // As libdwfl does it: the first segment says where the file begins.
    if (segments_.empty()) low_ = header.p_vaddr & -std::max<uint64_t>(header.p_align, 1);
    segments_.push_back(
        {header.p_offset, header.p_vaddr, header.p_filesz, (header.p_flags & PF_X) != 0});
    high_ = std::max(high_, header.p_vaddr + header.p_memsz);
  }
}

// A mapping begins at a page of the file, and with lld a page holds the end of one segment and
// the begin of the next, which lies a page further on in memory: the mapping is of code.
const UnwindFile::Segment* UnwindFile::segment_at(uint64_t offset) const {
  const Segment* found = nullptr;
  for (const Segment& segment : segments_) {
    uint64_t first = segment.offset & -kPage;
    uint64_t end = (segment.offset + segment.size + kPage - 1) & -kPage;
    if (!segment.executable || offset < first || offset >= end) continue;
    if (found == nullptr || first == offset) found = &segment;
  }
  if (found != nullptr) return found;
  for (const Segment& segment : segments_)  // made executable later
    if (offset + kPage > segment.offset && offset < segment.offset + segment.size) return &segment;
  return nullptr;
}

bool UnwindFile::bias(uint64_t start, uint64_t offset, uint64_t* bias) const {
  const Segment* segment = segment_at(offset);
  if (segment == nullptr) return false;
  *bias = start - offset + segment->offset - segment->address;
  return true;
}

std::shared_ptr<UnwindFile> UnwindFiles::get(const std::shared_ptr<ElfFile>& file) {
  auto known = known_.find(file.get());
  if (known != known_.end()) {
    recent_.splice(recent_.end(), recent_, known->second.recent);
    return known->second.unwind;
  }
  int fd = descriptors < kDescriptors ? files_.open(file) : -1;
  if (fd < 0) return nullptr;
  elf_version(EV_CURRENT);
  auto unwind = std::make_shared<UnwindFile>(fd, elf_begin(fd, ELF_C_READ, nullptr));
  if (unwind->elf() == nullptr) unwind = nullptr;
  if (known_.size() >= kFiles) {
    known_.erase(recent_.front());
    recent_.pop_front();
  }
  recent_.push_back(file.get());
  known_[file.get()] = {file, unwind, std::prev(recent_.end())};
  return unwind;
}

std::shared_ptr<UnwindFile> UnwindFiles::vdso() {
  const auto* image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
  if (vdso_ || image == nullptr) return vdso_;
  elf_version(EV_CURRENT);
  vdso_bytes_.assign(image, image + vdso_size(image));
  Elf* elf = vdso_bytes_.empty() ? nullptr : elf_memory(vdso_bytes_.data(), vdso_bytes_.size());
  vdso_ = std::make_shared<UnwindFile>(-1, elf);
  if (vdso_->elf() == nullptr) vdso_ = nullptr;
  return vdso_;
}

}  // namespace synscope
