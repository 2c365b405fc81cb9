// See debug_files.h.
#include "debug_files.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "elf_table.h"

namespace synscope {

namespace {

constexpr std::chrono::seconds kFetchTime(30);
constexpr size_t kAsked = 4096;  // build-ids; then none is asked for any more
constexpr off_t kLargestCrc = 256 * 1024 * 1024;

int open_file(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd < 0) return -1;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
  close(fd);
  return -1;
}

bool has_crc(int fd, uint32_t wanted) {
  unsigned char bytes[65536];
  uLong crc = crc32(0, nullptr, 0);
  off_t at = 0;
  for (ssize_t got; at < kLargestCrc && (got = pread(fd, bytes, sizeof(bytes), at)) > 0; at += got)
    crc = crc32(crc, bytes, got);
  return crc == wanted;
}

// The build-id decides; a file without one is known by the checksum of the link.
bool belongs_to(int fd, const DebugLink& link) {
  if (!link.build_id.empty()) return read_build_id(fd) == link.build_id;
  return has_crc(fd, link.crc);
}

std::vector<std::string> linked_places(const DebugLink& link) {
  if (link.name.empty() || link.name.find('/') != std::string::npos) return {};
  size_t slash = link.path.rfind('/');
  if (slash == std::string::npos) return {};
  std::string directory = link.path.substr(0, slash + 1);
  return {directory + link.name, directory + ".debug/" + link.name,
          "/usr/lib/debug" + directory + link.name};
}

bool is_configured() {
  const char* urls = getenv("DEBUGINFOD_URLS");
  return urls != nullptr && *urls != '\0';
}

thread_local std::chrono::steady_clock::time_point fetch_until;

// libdebuginfod asks now and then whether to go on.
int give_up(void*, long, long) { return std::chrono::steady_clock::now() > fetch_until; }

}  // namespace

std::string fetch_debug_file(const std::string& build_id) {
  if (!is_configured() || build_id.empty()) return "";
  // Loaded only for those who configured it: it brings curl with it.
  static void* library = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return "";
  auto begin = reinterpret_cast<void* (*)()>(dlsym(library, "debuginfod_begin"));
  auto finish = reinterpret_cast<void (*)(void*)>(dlsym(library, "debuginfod_end"));
  auto progress = reinterpret_cast<void (*)(void*, int (*)(void*, long, long))>(
      dlsym(library, "debuginfod_set_progressfn"));
  auto find = reinterpret_cast<int (*)(void*, const unsigned char*, int, char**)>(
      dlsym(library, "debuginfod_find_debuginfo"));
  if (!begin || !finish || !progress || !find) return "";
  void* client = begin();
  if (client == nullptr) return "";
  fetch_until = std::chrono::steady_clock::now() + kFetchTime;
  progress(client, give_up);
  // A length of 0 says that the build-id is text.
  char* path = nullptr;
  int fd = find(client, reinterpret_cast<const unsigned char*>(build_id.c_str()), 0, &path);
  finish(client);
  if (fd < 0) return "";
  close(fd);
  std::string found(path == nullptr ? "" : path);
  free(path);
  return found;
}

DebugFiles& DebugFiles::shared() {
  // Never destroyed: a fetch may outlast main().
  static auto* files = new DebugFiles();
  return *files;
}

void DebugFiles::look_in(std::vector<std::string> directories) {
  std::lock_guard<std::mutex> lock(mutex_);
  directories.push_back("/usr/lib/debug");
  directories_ = std::move(directories);
}

int DebugFiles::open_installed(const DebugLink& link) {
  std::vector<std::string> places;
  if (link.build_id.size() > 2) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const std::string& directory : directories_)
      places.push_back(directory + "/.build-id/" + link.build_id.substr(0, 2) + "/" +
                       link.build_id.substr(2) + ".debug");
  }
  for (const std::string& place : linked_places(link)) places.push_back(place);
  for (const std::string& place : places) {
    int fd = open_file(place);
    if (fd < 0) continue;
    if (belongs_to(fd, link)) return fd;
    close(fd);
  }
  return -1;
}

int DebugFiles::open_fetched(const std::string& build_id) {
  std::unique_lock<std::mutex> lock(mutex_);
  auto asked = asked_.find(build_id);
  if (asked == asked_.end() || asked->second.empty()) return -1;
  std::string path = asked->second;
  lock.unlock();
  return open_file(path);
}

// Nobody waits for a network: what it fetches serves later stacks.
void DebugFiles::fetch_later(const std::string& build_id) {
  if (!is_configured() || build_id.empty()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  if (asked_.size() >= kAsked || !asked_.emplace(build_id, "").second) return;
  queue_.push_back(build_id);
  if (fetching_) return;
  fetching_ = true;
  std::thread([this] { fetch_all(); }).detach();
}

void DebugFiles::fetch_all() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!queue_.empty()) {
    std::string build_id = queue_.front();
    queue_.pop_front();
    lock.unlock();
    std::string path = fetch_debug_file(build_id);
    lock.lock();
    asked_[build_id] = path;
  }
  fetching_ = false;
}

int DebugFiles::open(const DebugLink& link, bool wait) {
  int fd = open_installed(link);
  if (fd < 0) fd = open_fetched(link.build_id);
  if (fd >= 0) return fd;
  if (!wait) {
    fetch_later(link.build_id);
    return -1;
  }
  std::string path = fetch_debug_file(link.build_id);
  return path.empty() ? -1 : open_file(path);
}

}  // namespace synscope
