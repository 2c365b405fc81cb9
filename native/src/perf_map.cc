// See perf_map.h. The format: linux/tools/perf/Documentation/jit-interface.txt.
#include "perf_map.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "demangle.h"

namespace synscope {

namespace {

constexpr size_t kEntries = 150'000;
constexpr size_t kNameBytes = 12 * 1024 * 1024;
constexpr size_t kName = 512;
constexpr size_t kLine = 4096;
constexpr size_t kMaps = 8;                          // processes, last used first
constexpr uint64_t kAtOnce = 16 * 1024 * 1024;       // bytes read for one stack, about 0.1 s
constexpr uint64_t kWhole = 128 * 1024 * 1024;       // bytes of a map; the rest is not read
constexpr const char* kWithSource[] = {"LazyCompile:", "Function:", "Script:", "Eval:", "JS:"};

// The pid that the process has for itself: the last one of its status file.
uint32_t own_pid(uint32_t tgid) {
  char path[64], line[256];
  snprintf(path, sizeof(path), "/proc/%u/status", tgid);
  FILE* status = fopen(path, "re");
  uint32_t pid = tgid;
  while (status != nullptr && fgets(line, sizeof(line), status) != nullptr) {
    if (strncmp(line, "NSpid:", 6) != 0) continue;
    const char* last = strrchr(line, '\t');
    if (last != nullptr) pid = strtoul(last, nullptr, 10);
  }
  if (status != nullptr) fclose(status);
  return pid;
}

int open_owned(const std::string& path, uint32_t uid, struct stat* status) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return -1;
  if (fstat(fd, status) == 0 && S_ISREG(status->st_mode) &&
      (status->st_uid == uid || status->st_uid == 0))
    return fd;
  close(fd);
  return -1;
}

int open_map(uint32_t tgid, uint32_t uid, struct stat* status) {
  std::string root = "/proc/" + std::to_string(tgid) + "/root";
  std::string inside = root + "/tmp/perf-" + std::to_string(own_pid(tgid)) + ".map";
  int fd = open_owned(inside, uid, status);
  return fd >= 0 ? fd : open_owned("/tmp/perf-" + std::to_string(tgid) + ".map", uid, status);
}

// Takes `:12` or `:12:5` off the end.
int64_t take_line(std::string* file) {
  int64_t line = -1;
  for (int i = 0; i < 2; i++) {
    size_t colon = file->rfind(':');
    if (colon == std::string::npos || colon + 1 == file->size() || file->size() - colon > 10) break;
    if (file->find_first_not_of("0123456789", colon + 1) != std::string::npos) break;
    line = strtol(file->c_str() + colon + 1, nullptr, 10);
    file->resize(colon);
  }
  return line;
}

CompiledName javascript_name(const std::string& text) {
  CompiledName compiled;
  size_t begin = !text.empty() && strchr("*~^+-", text[0]) != nullptr ? 1 : 0;
  // A getter's name has a blank in it, and so may a path.
  size_t blank = std::min({text.find(" /", begin), text.find(" file:", begin),
                           text.find(" node:", begin)});
  if (blank == std::string::npos) blank = text.find(' ', begin);
  compiled.name = text.substr(begin, blank == std::string::npos ? blank : blank - begin);
  if (blank != std::string::npos) {
    compiled.file = text.substr(blank + 1);
    compiled.line = take_line(&compiled.file);
  }
  if (compiled.name.empty()) compiled.name = "(anonymous)";
  return compiled;
}

}  // namespace

CompiledName parse_compiled_name(const std::string& text) {
  for (const char* tag : kWithSource)
    if (text.compare(0, strlen(tag), tag) == 0) return javascript_name(text.substr(strlen(tag)));
  if (text.compare(0, 4, "py::") != 0) return {text, "", -1};
  size_t colon = text.find(':', 4);
  if (colon == std::string::npos) return {text.substr(4), "", -1};
  return {text.substr(4, colon - 4), text.substr(colon + 1), -1};
}

void PerfMapEntries::add(const char* text, size_t size) {
  const char* end = text + size;
  while (text < end) {
    auto* newline = static_cast<const char*>(memchr(text, '\n', end - text));
    size_t length = (newline == nullptr ? end : newline) - text;
    if (unfinished_.size() + length > kLine) {
      skipping_ = true;
      unfinished_.clear();
    }
    if (!skipping_) unfinished_.append(text, length);
    if (newline == nullptr) return;
    if (!skipping_) add_line(unfinished_);
    skipping_ = false;
    unfinished_.clear();
    text = newline + 1;
  }
}

void PerfMapEntries::add_line(const std::string& line) {
  char *after_start, *after_size;
  if (line.empty() || !isxdigit(static_cast<unsigned char>(line[0]))) return;
  uint64_t start = strtoull(line.c_str(), &after_start, 16);
  if (*after_start != ' ') return;
  uint64_t size = strtoull(after_start + 1, &after_size, 16);
  if (*after_size != ' ' || size == 0 || start + size < start) return;
  const char* name = after_size + 1;
  insert(start, start + size, printable(name, strlen(name), kName));
}

void PerfMapEntries::put(uint64_t start, uint64_t end, std::string name) {
  if (entries_.size() >= kEntries || name_bytes_ + name.size() > kNameBytes) return;
  name_bytes_ += name.size();
  entries_[start] = {end, std::move(name)};
}

// Code is freed and its place used again: what a later line covers is cut out of earlier ones.
void PerfMapEntries::insert(uint64_t start, uint64_t end, std::string name) {
  auto at = entries_.lower_bound(start);
  if (at != entries_.begin()) {
    auto before = std::prev(at);
    uint64_t old_end = before->second.end;
    if (old_end > end) put(end, old_end, before->second.name);
    if (old_end > start) before->second.end = start;
  }
  at = entries_.lower_bound(start);
  while (at != entries_.end() && at->first < end) {
    Entry old = std::move(at->second);
    name_bytes_ -= old.name.size();
    at = entries_.erase(at);
    if (old.end > end) {
      put(end, old.end, std::move(old.name));
      break;
    }
  }
  put(start, end, std::move(name));
}

const std::string* PerfMapEntries::find(uint64_t address) const {
  auto after = entries_.upper_bound(address);
  if (after == entries_.begin()) return nullptr;
  const Entry& entry = std::prev(after)->second;
  return address < entry.end ? &entry.name : nullptr;
}

PerfMaps::~PerfMaps() {
  for (const Map& map : maps_) close(map.fd);
}

void PerfMaps::refresh(uint32_t tgid, uint32_t uid) {
  auto known = std::find_if(maps_.begin(), maps_.end(), [&](const Map& map) { return map.tgid == tgid; });
  struct stat status;
  int fd = open_map(tgid, uid, &status);
  bool same = fd >= 0 && known != maps_.end() && known->device == status.st_dev &&
              known->inode == status.st_ino && known->read <= static_cast<uint64_t>(status.st_size);
  if (fd >= 0 && !same) {
    if (known != maps_.end()) {
      close(known->fd);
      maps_.erase(known);
    }
    maps_.push_front({tgid, fd, status.st_dev, status.st_ino, 0, {}});
  } else {
    // The process may be gone, and its root with it: the open file is still the map.
    if (fd >= 0) close(fd);
    if (known == maps_.end()) return;
    maps_.splice(maps_.begin(), maps_, known);
  }
  Map& map = maps_.front();
  std::vector<char> bytes(64 * 1024);
  uint64_t until = std::min(map.read + kAtOnce, kWhole);
  for (ssize_t got; map.read < until && (got = pread(map.fd, bytes.data(), bytes.size(), map.read)) > 0;
       map.read += got)
    map.entries.add(bytes.data(), got);
  if (maps_.size() <= kMaps) return;
  close(maps_.back().fd);
  maps_.pop_back();
}

PerfMaps::Found PerfMaps::find(uint32_t tgid, uint64_t address, CompiledName* found) const {
  for (const Map& map : maps_) {
    if (map.tgid != tgid) continue;
    const std::string* name = map.entries.find(address);
    if (name == nullptr) return Found::kNotInMap;
    *found = parse_compiled_name(*name);
    return Found::kNamed;
  }
  return Found::kNoMap;
}

}  // namespace synscope
