// Names of addresses in ELF files. A file is recognised by device and inode, since the
// path that a process mapped may lie in another mount namespace, be replaced, or be
// deleted, and by when it was written, since it may be overwritten in place; tables are
// shared by build-id and what elf_identity.h adds to it. Used by mappings.cc (files as they are mapped)
// and symbolizer.cc (names).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace synscope {

struct FileId {
  uint32_t major;
  uint32_t minor;
  uint64_t inode;
  bool operator<(const FileId& other) const {
    if (inode != other.inode) return inode < other.inode;
    return major != other.major ? major < other.major : minor < other.minor;
  }
};

// Where a process mapped a file: the places to open it from.
struct MappedAt {
  uint32_t tgid;
  uint64_t start;
  uint64_t end;
};

struct SymbolTable {
  static constexpr uint64_t kNoAddress = UINT64_MAX;
  struct Segment {
    uint64_t offset, address, size;
  };
  struct Symbol {
    uint64_t address;
    uint32_t size;  // 0 = up to the next symbol
    uint32_t name;
  };
  std::vector<Segment> segments;
  std::vector<Symbol> symbols;
  std::string names;

  // What the linker calls the byte at a file offset (p_vaddr), as addr2line takes it.
  // kNoAddress when no segment has it.
  uint64_t address_of(uint64_t file_offset) const;
  // The function at such an address, demangled; empty when none covers it.
  std::string find(uint64_t address) const;
  size_t bytes() const { return names.size() + symbols.size() * sizeof(Symbol); }
};

// When a file got what is in it. `changed` tells of a writer who sets the other time back.
struct FileVersion {
  int64_t size = -1;  // -1 = not known
  int64_t written_ns = 0, changed_ns = 0;
  bool operator==(const FileVersion& other) const {
    return size == other.size && written_ns == other.written_ns && changed_ns == other.changed_ns;
  }
};

struct ElfFile {
  FileId id;
  std::string path;  // as the process named it
  MappedAt mapped;
  int fd = -1;
  std::string build_id;  // hex, empty = none, or not read yet
  std::string table_key;  // build-id, or a stand-in for it, and identity; empty = not read yet
  FileVersion version;  // of what was read first
  bool unreadable = false;
};

class ElfFiles {
 public:
  ~ElfFiles();

  // The file behind a mapping: another one when it was overwritten since. `now` opens it at once: its process may be gone soon.
  std::shared_ptr<ElfFile> get(const FileId& id, const std::string& path, const MappedAt& mapped,
                               bool now);

  // Its symbols, read on first use; null when the file cannot be read any more.
  std::shared_ptr<const SymbolTable> symbols(const std::shared_ptr<ElfFile>& file);

  // A descriptor of the file for the caller to close; -1 when it cannot be opened any more.
  int open(const std::shared_ptr<ElfFile>& file);

  // Symbols of the kernel's own page in a process (vDSO); null when there is none.
  std::shared_ptr<const SymbolTable> vdso();

  // Bytes of the file itself. False when they cannot be read any more.
  bool read(const std::shared_ptr<ElfFile>& file, uint64_t offset, void* bytes, size_t size);

 private:
  void open_file(ElfFile& file);
  void check_version(ElfFile& file);
  bool was_overwritten(const ElfFile& file, const MappedAt& mapped) const;
  void keep_open(const std::shared_ptr<ElfFile>& file);
  bool read_table(ElfFile& file);
  void remember_table(const std::string& key, std::shared_ptr<const SymbolTable> table);

  std::mutex mutex_;
  std::map<FileId, std::shared_ptr<ElfFile>> files_;
  std::list<std::shared_ptr<ElfFile>> open_;  // oldest first
  std::map<std::string, std::shared_ptr<const SymbolTable>> tables_;
  std::list<std::string> recent_;  // keys of tables_, least recently used first
  size_t table_bytes_ = 0;
  std::shared_ptr<const SymbolTable> vdso_;
  bool vdso_read_ = false;
};

}  // namespace synscope
