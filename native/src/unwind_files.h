// ELF files as the unwinder needs them: where their segments lie, and one handle for all
// processes that map the file, so that its unwind tables are read once. Used by
// process_image.cc; the files themselves come from elf_symbols.cc.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "elf_symbols.h"

namespace synscope {

// One file. Read with pread(2), not mapped: somebody who truncates a mapped library would
// end this process with SIGBUS.
class UnwindFile {
 public:
  // Takes over the descriptor. `elf()` is null when it is no program of this machine.
  UnwindFile(int fd, Elf* elf);
  ~UnwindFile();
  UnwindFile(const UnwindFile&) = delete;
  UnwindFile& operator=(const UnwindFile&) = delete;

  Elf* elf() const { return elf_; }

  // Address at which the file's address 0 lies when file offset `offset` is mapped at
  // `start`. False when no segment has that offset.
  bool bias(uint64_t start, uint64_t offset, uint64_t* bias) const;

  // First and last address of the segments, as the file has them.
  uint64_t low() const { return low_; }
  uint64_t high() const { return high_; }

 private:
  struct Segment {
    uint64_t offset, address, size;
    bool executable;
  };
  void read_segments();
  const Segment* segment_at(uint64_t offset) const;

  int fd_;
  Elf* elf_;
  std::vector<Segment> segments_;
  uint64_t low_ = 0, high_ = 0;
};

// Least recently used files go; a process image that unwinds with one keeps it.
class UnwindFiles {
 public:
  explicit UnwindFiles(ElfFiles& files) : files_(files) {}

  // Null when the file cannot be read (any more), or is no ELF file.
  std::shared_ptr<UnwindFile> get(const std::shared_ptr<ElfFile>& file);

  // The page that the kernel maps into every process; null when there is none.
  std::shared_ptr<UnwindFile> vdso();

 private:
  struct Known {
    std::shared_ptr<ElfFile> file;  // so that no other file gets its address
    std::shared_ptr<UnwindFile> unwind;
    std::list<const ElfFile*>::iterator recent;
  };
  ElfFiles& files_;
  std::map<const ElfFile*, Known> known_;
  std::list<const ElfFile*> recent_;  // least recently used first
  std::shared_ptr<UnwindFile> vdso_;
  std::vector<char> vdso_bytes_;
};

}  // namespace synscope
