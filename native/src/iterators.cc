// See iterators.h.
#include "iterators.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "events.h"

namespace synscope {

namespace {

// The kernel fills a page of 32 KiB per read; with room for it every read gives whole
// records.
constexpr size_t kReadBytes = 64 * 1024;

// Number of whole records in `bytes`; only their size is looked at.
size_t count_records(const std::vector<uint8_t>& bytes, size_t length) {
  size_t records = 0;
  for (size_t at = 0; at + sizeof(event_header) <= length; records++) {
    auto* header = reinterpret_cast<const event_header*>(bytes.data() + at);
    if (header->size == 0) break;
    at += header->size;
  }
  return records;
}

// One path for each network namespace that some process is in, by inode.
std::map<ino_t, std::string> network_namespaces() {
  std::map<ino_t, std::string> found;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return found;
  while (dirent* entry = readdir(proc)) {
    if (!isdigit(static_cast<unsigned char>(entry->d_name[0]))) continue;
    std::string path = std::string("/proc/") + entry->d_name + "/ns/net";
    struct stat status;
    if (stat(path.c_str(), &status) == 0) found.emplace(status.st_ino, path);
  }
  closedir(proc);
  return found;
}

// The figure behind "NAME: inuse" in a file of /proc/net; 1 when it cannot be told.
long in_use(const char* path, const char* format) {
  FILE* file = fopen(path, "re");
  if (file == nullptr) return 1;
  char line[256];
  long figure = 1;
  while (fgets(line, sizeof(line), file) != nullptr) {
    if (sscanf(line, format, &figure) == 1) break;
  }
  fclose(file);
  return figure;
}

// Whether a socket of TCP listens or is connected in the network namespace of this thread
// (sock_prot_inuse_get, net/ipv4/proc.c). A walk through the kernel's table takes
// milliseconds per namespace, however few sockets are in it.
bool has_tcp_sockets() {
  return in_use("/proc/thread-self/net/sockstat", "TCP: inuse %ld") > 0 ||
         in_use("/proc/thread-self/net/sockstat6", "TCP6: inuse %ld") > 0;
}

}  // namespace

Iterators::Iterators(int sockets_link, int owners_link, Batches& batches)
    : sockets_link_(sockets_link), owners_link_(owners_link), batches_(batches) {
  thread_ = std::thread([this] { run(); });
}

Iterators::~Iterators() { stop(); }

void Iterators::scan(bool owners, std::function<void(const Scanned&)> done) {
  std::lock_guard<std::mutex> lock(mutex_);
  requests_.push_back({owners, std::move(done)});
  wake_.notify_one();
}

void Iterators::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Iterators::run() {
  pthread_setname_np(pthread_self(), "synscope-scan");
  for (;;) {
    Request request;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
      if (requests_.empty()) return;
      request = std::move(requests_.front());
      requests_.pop_front();
    }
    Scanned scanned;
    if (!stopping_) {
      // Sockets first: that gives each its cookie, which the owner's record then has.
      scanned = scan_namespaces();
      if (request.owners) read_all(owners_link_);
    }
    request.done(scanned);
  }
}

Scanned Iterators::scan_namespaces() {
  Scanned scanned;
  struct stat own;
  int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || fstat(home, &own) != 0) {
    if (home >= 0) close(home);
    read_all(sockets_link_);
    return scanned;
  }
  for (const auto& [inode, path] : network_namespaces()) {
    if (stopping_) break;
    if (inode == own.st_ino) continue;
    int there = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (there < 0 && errno == ENOENT) continue;  // its process has just ended
    if (there < 0 || setns(there, CLONE_NEWNET) != 0) {
      scanned.skipped++;
    } else {
      if (has_tcp_sockets()) read_all(sockets_link_);
      scanned.entered.push_back(inode);
    }
    if (there >= 0) close(there);
  }
  setns(home, CLONE_NEWNET);
  close(home);
  read_all(sockets_link_);
  scanned.entered.push_back(own.st_ino);
  return scanned;
}

void Iterators::read_all(int link) {
  if (link < 0) return;
  int iterator = bpf_iter_create(link);
  if (iterator < 0) return;
  std::vector<uint8_t> bytes(kReadBytes);
  while (!stopping_) {
    ssize_t length = read(iterator, bytes.data(), bytes.size());
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) continue;  // a pause in a long walk
    if (length <= 0) break;
    if (!batches_.append_waiting(bytes.data(), length)) break;
    scanned_ += count_records(bytes, length);
  }
  close(iterator);
}

}  // namespace synscope
