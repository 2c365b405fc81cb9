// See elf_symbols.h.
#include "elf_symbols.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>

#include "elf_table.h"

namespace synscope {

namespace {

constexpr size_t kOpenFiles = 256;                   // descriptors kept for later reading
constexpr size_t kKnownFiles = 16384;                // a few hundred bytes each
constexpr size_t kTableBytes = 192 * 1024 * 1024;    // symbol tables, least recently used go
constexpr long kOverlayFs = 0x794c7630;
constexpr long kBtrfs = 0x9123683e;

// Overlay file systems and btrfs subvolumes report another device to stat() than the
// one that the kernel names for a mapping.
bool hides_device(int fd) {
  struct statfs filesystem;
  if (fstatfs(fd, &filesystem) != 0) return false;
  return filesystem.f_type == kOverlayFs || filesystem.f_type == kBtrfs;
}

int open_if_same(const std::string& path, const FileId& id) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd < 0) return -1;
  bool same = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino == id.inode;
  if (same && (major(status.st_dev) != id.major || minor(status.st_dev) != id.minor))
    same = hides_device(fd);
  if (same) return fd;
  close(fd);
  return -1;
}

}  // namespace

ElfFiles::~ElfFiles() {
  for (const auto& file : open_)
    if (file->fd >= 0) close(file->fd);
}

std::shared_ptr<ElfFile> ElfFiles::get(const FileId& id, const std::string& path,
                                       const MappedAt& mapped, bool now) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto known = files_.find(id);
  // An inode number is used again after a file is deleted: another path is another file.
  std::shared_ptr<ElfFile> file;
  if (known != files_.end() && known->second->path == path) {
    file = known->second;
  } else {
    if (files_.size() >= kKnownFiles) files_.clear();
    file = std::make_shared<ElfFile>();
    file->id = id;
    file->path = path;
    file->mapped = mapped;
    files_[id] = file;
  }
  if (now && file->fd < 0 && file->table_key.empty() && !file->unreadable) {
    file->mapped = mapped;
    open_file(*file);
    keep_open(file);
  }
  return file;
}

void ElfFiles::keep_open(const std::shared_ptr<ElfFile>& file) {
  if (file->fd >= 0) open_.push_back(file);
  while (open_.size() > kOpenFiles) {
    close(open_.front()->fd);
    open_.front()->fd = -1;
    open_.pop_front();
  }
}

// Through the mapping itself when allowed; else through the root that the process sees;
// else the plain path. Whatever opens has to be the same file.
void ElfFiles::open_file(ElfFile& file) {
  char directory[64], range[64];
  snprintf(directory, sizeof(directory), "/proc/%u", file.mapped.tgid);
  snprintf(range, sizeof(range), "/map_files/%" PRIx64 "-%" PRIx64, file.mapped.start,
           file.mapped.end);
  std::string path = file.path;
  size_t deleted = path.rfind(" (deleted)");
  if (deleted != std::string::npos) path.resize(deleted);
  for (const std::string& place :
       {std::string(directory) + range, std::string(directory) + "/root" + path, path}) {
    file.fd = open_if_same(place, file.id);
    if (file.fd >= 0) return;
  }
}

std::shared_ptr<const SymbolTable> ElfFiles::symbols(const std::shared_ptr<ElfFile>& file) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (file->unreadable) return nullptr;
  if (tables_.count(file->table_key) == 0) {
    if (file->fd < 0) open_file(*file);
    file->unreadable = file->fd < 0 || !read_table(*file);
    open_.remove(file);
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
    if (file->unreadable) return nullptr;
  }
  recent_.remove(file->table_key);
  recent_.push_back(file->table_key);
  return tables_[file->table_key];
}

int ElfFiles::open(const std::shared_ptr<ElfFile>& file) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (file->fd >= 0) return fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
  open_file(*file);
  int fd = file->fd;
  file->fd = -1;
  return fd;
}

bool ElfFiles::read(const std::shared_ptr<ElfFile>& file, uint64_t offset, void* bytes,
                    size_t size) {
  std::lock_guard<std::mutex> lock(mutex_);
  bool was_open = file->fd >= 0;
  if (!was_open) open_file(*file);
  if (file->fd < 0) return false;
  bool whole = pread(file->fd, bytes, size, offset) == static_cast<ssize_t>(size);
  if (!was_open) {
    close(file->fd);
    file->fd = -1;
  }
  return whole;
}

// Files with the same build-id share one table. False when it is no ELF file.
bool ElfFiles::read_table(ElfFile& file) {
  file.build_id = read_build_id(file.fd);
  file.table_key =
      file.build_id.empty() ? std::to_string(file.id.inode) + file.path : file.build_id;
  if (tables_.count(file.table_key)) return true;
  auto table = read_symbol_table(file.fd, file.path);
  if (!table) return false;
  remember_table(file.table_key, std::move(table));
  return true;
}

void ElfFiles::remember_table(const std::string& key, std::shared_ptr<const SymbolTable> table) {
  table_bytes_ += table->bytes();
  tables_[key] = std::move(table);
  recent_.push_back(key);
  while (table_bytes_ > kTableBytes && recent_.size() > 1) {
    table_bytes_ -= tables_[recent_.front()]->bytes();
    tables_.erase(recent_.front());
    recent_.pop_front();
  }
}

}  // namespace synscope
