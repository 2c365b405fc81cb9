// Names of addresses in ELF files. A file is recognised by device and inode, since the
// path that a process mapped may lie in another mount namespace, be replaced, or be
// deleted; tables are shared by build-id. Used by mappings.cc (files as they are mapped)
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

  // The function at a file offset, demangled; empty when none covers it.
  std::string find(uint64_t file_offset) const;
  size_t bytes() const { return names.size() + symbols.size() * sizeof(Symbol); }
};

struct ElfFile {
  FileId id;
  std::string path;  // as the process named it
  MappedAt mapped;
  int fd = -1;
  std::string build_id;  // hex, empty = none, or not read yet
  std::string table_key;  // build-id, or a stand-in for it; empty = not read yet
  bool unreadable = false;
};

class ElfFiles {
 public:
  ~ElfFiles();

  // The file behind a mapping. `now` opens it at once: its process may be gone soon.
  std::shared_ptr<ElfFile> get(const FileId& id, const std::string& path, const MappedAt& mapped,
                               bool now);

  // Its symbols, read on first use; null when the file cannot be read any more.
  std::shared_ptr<const SymbolTable> symbols(const std::shared_ptr<ElfFile>& file);

  // A descriptor of the file for the caller to close; -1 when it cannot be opened any more.
  int open(const std::shared_ptr<ElfFile>& file);

  // Bytes of the file itself. False when they cannot be read any more.
  bool read(const std::shared_ptr<ElfFile>& file, uint64_t offset, void* bytes, size_t size);

 private:
  void open_file(ElfFile& file);
  void keep_open(const std::shared_ptr<ElfFile>& file);
  bool read_table(ElfFile& file);
  void remember_table(const std::string& key, std::shared_ptr<const SymbolTable> table);

  std::mutex mutex_;
  std::map<FileId, std::shared_ptr<ElfFile>> files_;
  std::list<std::shared_ptr<ElfFile>> open_;  // oldest first
  std::map<std::string, std::shared_ptr<const SymbolTable>> tables_;
  std::list<std::string> recent_;  // keys of tables_, least recently used first
  size_t table_bytes_ = 0;
};

}  // namespace synscope
