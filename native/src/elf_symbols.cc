// See elf_symbols.h.
#include "elf_symbols.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <utility>

#include "elf_identity.h"
#include "elf_table.h"
#include "steady_file.h"

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

bool is_device(const struct stat& status, const FileId& id) {
  return major(status.st_dev) == id.major && minor(status.st_dev) == id.minor;
}

int open_if_same(const std::string& path, const FileId& id) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd < 0) return -1;
  bool same = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino == id.inode;
  if (same && !is_device(status, id)) same = hides_device(fd);
  if (same) return fd;
  close(fd);
  return -1;
}

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileVersion version_of(const struct stat& status) {
  return {status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

std::string without_mark(const std::string& path) {
  return path.substr(0, path.rfind(" (deleted)"));
}

// Places to reach a mapped file at. What is there may be another file.
struct Places {
  std::string mapping, rooted, plain;
  Places(const std::string& path, const MappedAt& mapped) : plain(without_mark(path)) {
    char directory[64], range[64];
    snprintf(directory, sizeof(directory), "/proc/%u", mapped.tgid);
    snprintf(range, sizeof(range), "/map_files/%" PRIx64 "-%" PRIx64, mapped.start, mapped.end);
    mapping = std::string(directory) + range;
    rooted = std::string(directory) + "/root" + plain;
  }
};

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
  if (known != files_.end() && known->second->path == path &&
      !was_overwritten(*known->second, mapped)) {
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
  Places places(file.path, file.mapped);
  for (const std::string& place : {places.mapping, places.rooted, places.plain}) {
    file.fd = open_if_same(place, file.id);
    if (file.fd >= 0) return check_version(file);
  }
}

// Closes a file that somebody wrote into since it was opened first: what a process ran is not
// in it any more. The other time changes with a deletion, too.
void ElfFiles::check_version(ElfFile& file) {
  struct stat status;
  if (fstat(file.fd, &status) != 0) return;
  FileVersion now = version_of(status);
  if (file.version.size < 0) file.version = now;
  if (now.size == file.version.size && now.written_ns == file.version.written_ns) return;
  open_.remove_if([&](const auto& open) { return open.get() == &file; });
  close(file.fd);
  file.fd = -1;
}

// `cp new program` keeps the inode. What cannot be looked at counts as it was.
bool ElfFiles::was_overwritten(const ElfFile& file, const MappedAt& mapped) const {
  struct stat status;
  if (file.version.size < 0) return false;
  if (file.fd >= 0) return fstat(file.fd, &status) == 0 && !(version_of(status) == file.version);
  Places places(file.path, mapped);
  bool found = false, in_process = false;
  // The plain path first: this is asked for each mapping of a new process, and it is cheapest.
  for (const std::string& place : {places.plain, places.mapping, places.rooted}) {
    found = stat(place.c_str(), &status) == 0 && status.st_ino == file.id.inode &&
            (in_process || is_device(status, file.id));
    if (found) break;
    in_process = true;
  }
  return found && !(version_of(status) == file.version);
}

std::shared_ptr<const SymbolTable> ElfFiles::symbols(const std::shared_ptr<ElfFile>& file) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (file->unreadable) return nullptr;
  if (tables_.count(file->table_key) == 0) {
    if (file->fd >= 0) check_version(*file);
    else open_file(*file);
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
  if (file->fd >= 0) check_version(*file);
  if (file->fd >= 0) return fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
  open_file(*file);
  int fd = file->fd;
  file->fd = -1;
  return fd;
}

std::shared_ptr<const SymbolTable> ElfFiles::vdso() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!std::exchange(vdso_read_, true)) vdso_ = read_vdso_table();
  return vdso_;
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

// Files with the same build-id share one table, when they look the same and the same user may
// write them. False when it is no ELF file.
bool ElfFiles::read_table(ElfFile& file) {
  file.build_id = read_build_id(file.fd);
  // A file may claim the build-id of another: each user's claims are believed for their own.
  std::string own = file.build_id.empty() ? std::to_string(file.id.inode) + file.path + " " +
                                                std::to_string(file.version.written_ns)
                                          : file.build_id;
  own += " " + std::to_string(identity_of(file.fd));
  int writer = writer_of(file.fd);
  file.table_key = writer == 0 ? own : own + " of " + std::to_string(writer);
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
