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

Iterators::Iterators(const IteratorLinks& links, int threads_wanted_fd, Batches& batches)
    : links_(links), threads_wanted_fd_(threads_wanted_fd), batches_(batches) {
  thread_ = std::thread([this] { run(); });
}

Iterators::~Iterators() { stop(); }

void Iterators::queue(std::function<void()> work) {
  std::lock_guard<std::mutex> lock(mutex_);
  work_.push_back(std::move(work));
  wake_.notify_one();
}

void Iterators::scan(bool owners, std::function<void(const Scanned&)> done) {
  queue([this, owners, done = std::move(done)] {
    Scanned scanned;
    if (!stopping_) {
      // Sockets first: that gives each its cookie, which the owner's record then has.
      scanned = scan_namespaces();
      if (owners) read_all(links_.owners);
    }
    done(scanned);
  });
}

// All threads are walked, 0.4 us for each: an iterator of one thread (6.1) would look its tid
// up in the pid namespace of this process, and events have the tids of the machine.
void Iterators::ask_thread(const thread_wanted& wanted, std::function<void()> done) {
  queue([this, wanted, done = std::move(done)] {
    uint32_t zero = 0;
    if (!stopping_ && bpf_map_update_elem(threads_wanted_fd_, &zero, &wanted, BPF_ANY) == 0)
      read_all(links_.threads);
    done();
  });
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
    std::function<void()> work;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !work_.empty(); });
      if (work_.empty()) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }
}

Scanned Iterators::scan_namespaces() {
  Scanned scanned;
  struct stat own;
  int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || fstat(home, &own) != 0) {
    if (home >= 0) close(home);
    read_all(links_.sockets);
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
      if (has_tcp_sockets()) read_all(links_.sockets);
      scanned.entered.push_back(inode);
    }
    if (there >= 0) close(there);
  }
  setns(home, CLONE_NEWNET);
  close(home);
  read_all(links_.sockets);
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
