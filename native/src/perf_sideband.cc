// See perf_sideband.h.
#include "perf_sideband.h"

#include <dirent.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace synscope {

namespace {

// 512 KiB per CPU and one page: what kernel.perf_event_mlock_kb grants to everybody.
constexpr size_t kBufferBytes = 512 * 1024;
// Woken by the first record, since its process may be gone in a millisecond, and by whoever
// waits for what is not applied yet; at most once in kPause, so that a machine full of short
// processes does not keep us running.
constexpr auto kPause = std::chrono::milliseconds(1);
constexpr int kIdleMs = 1000;
// A record's time is taken a little before it is in the buffer.
constexpr uint64_t kSettleNs = 1000000;
// How often processes whose first thread has ended are looked after.
constexpr uint64_t kLookNs = 1000000000;

struct MappedRecord {  // PERF_RECORD_MMAP2, before its file name
  perf_event_header header;
  uint32_t pid, tid;
  uint64_t address, length, file_offset;
  uint32_t major, minor;
  uint64_t inode, inode_generation;
  uint32_t protection, flags;
};

struct TaskRecord {  // PERF_RECORD_FORK, _EXIT; COMM begins alike
  perf_event_header header;
  uint32_t pid, parent_pid, tid, parent_tid;
};

struct CommRecord {
  perf_event_header header;
  uint32_t pid, tid;
};

// Whether a thread of the process can still run; its first thread may have ended before.
bool has_living_thread(uint32_t pid) {
  char path[300], stat[512];
  snprintf(path, sizeof(path), "/proc/%u/task", pid);
  DIR* tasks = opendir(path);
  if (tasks == nullptr) return false;
  bool living = false;
  while (dirent* entry = living ? nullptr : readdir(tasks)) {
    if (!isdigit(static_cast<unsigned char>(entry->d_name[0]))) continue;
    snprintf(path, sizeof(path), "/proc/%u/task/%s/stat", pid, entry->d_name);
    FILE* file = fopen(path, "re");
    if (file == nullptr) continue;
    size_t length = fread(stat, 1, sizeof(stat) - 1, file);
    fclose(file);
    stat[length] = 0;
    const char* name_end = strrchr(stat, ')');  // a name may hold any character
    living = name_end != nullptr && length > size_t(name_end - stat) + 2 &&
             strchr("ZX", name_end[2]) == nullptr;
  }
  closedir(tasks);
  return living;
}

uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

int open_dummy_event(int cpu) {
  perf_event_attr attributes = {};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attributes.sample_id_all = 1;
  attributes.mmap = 1;
  attributes.mmap2 = 1;
  attributes.comm = 1;
  attributes.comm_exec = 1;
  attributes.task = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.watermark = 1;
  attributes.wakeup_watermark = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  return syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

}  // namespace

struct PerfSideband::Cpu {
  int fd = -1;
  perf_event_mmap_page* page = nullptr;
  size_t mapped_bytes = 0;
  ~Cpu() {
    if (page != nullptr) munmap(page, mapped_bytes);
    if (fd >= 0) close(fd);
  }
};

PerfSideband::PerfSideband(Mappings& mappings) : mappings_(mappings) {
  long page_size = sysconf(_SC_PAGESIZE);
  long cpus = sysconf(_SC_NPROCESSORS_CONF);
  for (int number = 0; number < cpus && problem_.empty(); number++) {
    auto cpu = std::make_unique<Cpu>();
    cpu->fd = open_dummy_event(number);
    if (cpu->fd < 0 && errno == ENODEV) continue;  // that CPU is offline
    cpu->mapped_bytes = page_size + kBufferBytes;
    void* memory = cpu->fd < 0 ? MAP_FAILED
                               : mmap(nullptr, cpu->mapped_bytes, PROT_READ | PROT_WRITE,
                                      MAP_SHARED, cpu->fd, 0);
    if (memory == MAP_FAILED) {
      problem_ = std::string(strerror(errno)) +
                 "; stacks of programs that end at once may have no names (it needs CAP_PERFMON)";
      break;
    }
    cpu->page = static_cast<perf_event_mmap_page*>(memory);
    cpus_.push_back(std::move(cpu));
  }
  if (!problem_.empty()) {
    cpus_.clear();
    return;
  }
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  mappings_.set_live(true, [wake = wake_fd_] { eventfd_write(wake, 1); });
  thread_ = std::thread([this] { run(); });
}

PerfSideband::~PerfSideband() {
  stopping_ = true;
  if (!thread_.joinable()) return;
  eventfd_write(wake_fd_, 1);
  thread_.join();
  mappings_.set_live(false);
  close(wake_fd_);
}

void PerfSideband::run() {
  pthread_setname_np(pthread_self(), "synscope-maps");
  seed();
  std::vector<pollfd> descriptors;
  for (auto& cpu : cpus_) descriptors.push_back({cpu->fd, POLLIN, 0});
  descriptors.push_back({wake_fd_, POLLIN, 0});
  bool all_applied = false;
  while (!stopping_) {
    int happened = poll(descriptors.data(), descriptors.size(), all_applied ? kIdleMs : 1);
    eventfd_t kicks;
    eventfd_read(wake_fd_, &kicks);
    uint64_t before = now_ns();
    for (auto& cpu : cpus_) collect(*cpu);
    all_applied = apply_until(before - kSettleNs);
    if (before - looked_ns_ > kLookNs) end_leaderless(before);
    if (happened > 0) std::this_thread::sleep_for(kPause);
  }
  for (auto& cpu : cpus_) collect(*cpu);
  apply_until(now_ns());
}

// Processes older than the capture. Their files are opened when a stack needs them.
void PerfSideband::seed() {
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return;
  while (dirent* entry = readdir(proc)) {
    if (stopping_) break;
    if (isdigit(static_cast<unsigned char>(entry->d_name[0])))
      mappings_.read_proc(strtoul(entry->d_name, nullptr, 10), 0, false);
  }
  closedir(proc);
}

void PerfSideband::collect(Cpu& cpu) {
  const auto* ring = reinterpret_cast<const uint8_t*>(cpu.page) + cpu.page->data_offset;
  uint64_t size = cpu.page->data_size;
  uint64_t head = __atomic_load_n(&cpu.page->data_head, __ATOMIC_ACQUIRE);
  uint64_t tail = cpu.page->data_tail;
  auto copy = [&](uint64_t from, uint8_t* to, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
      size_t at = (from + done) % size;
      size_t part = std::min<size_t>(bytes - done, size - at);
      memcpy(to + done, ring + at, part);
      done += part;
    }
  };
  while (tail < head) {
    perf_event_header header;
    copy(tail, reinterpret_cast<uint8_t*>(&header), sizeof(header));
    if (header.size < sizeof(header) + sizeof(uint64_t)) break;
    Record record;
    record.bytes.resize(header.size);
    copy(tail, record.bytes.data(), header.size);
    // sample_id_all puts (pid, tid, time) at the end of every record.
    memcpy(&record.time_ns, record.bytes.data() + header.size - sizeof(uint64_t), sizeof(uint64_t));
    if (header.type == PERF_RECORD_MMAP2) file_of(record);  // opened while it is there
    waiting_.push_back(std::move(record));
    tail += header.size;
  }
  __atomic_store_n(&cpu.page->data_tail, head, __ATOMIC_RELEASE);
}

// A process that moved between CPUs has its records in several buffers.
bool PerfSideband::apply_until(uint64_t time_ns) {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Record& a, const Record& b) { return a.time_ns < b.time_ns; });
  auto next = waiting_.begin();
  for (; next != waiting_.end() && next->time_ns <= time_ns; ++next) apply(*next);
  waiting_.erase(waiting_.begin(), next);
  return mappings_.applied_until(time_ns) && waiting_.empty();
}

void PerfSideband::apply(const Record& record) {
  auto* header = reinterpret_cast<const perf_event_header*>(record.bytes.data());
  auto* task = reinterpret_cast<const TaskRecord*>(record.bytes.data());
  switch (header->type) {
    case PERF_RECORD_MMAP2:
      apply_mapping(record);
      break;
    case PERF_RECORD_COMM:
      if (header->misc & PERF_RECORD_MISC_COMM_EXEC)
        mappings_.executed(reinterpret_cast<const CommRecord*>(header)->pid, record.time_ns);
      break;
    case PERF_RECORD_FORK:
      if (task->pid == task->parent_pid) break;
      leaderless_.erase(task->pid);  // an earlier process of that number
      mappings_.forked(task->parent_pid, task->pid, record.time_ns);
      break;
    case PERF_RECORD_EXIT:
      if (task->pid == task->tid) leader_exited(task->pid, record.time_ns);
      break;
  }
}

// The other threads of a process go on after pthread_exit(3) in its first one. One of them
// that calls execve(2) takes its place (de_thread in fs/exec.c).
void PerfSideband::leader_exited(uint32_t pid, uint64_t time_ns) {
  if (has_living_thread(pid))
    leaderless_.insert(pid);
  else
    mappings_.exited(pid, time_ns);
}

void PerfSideband::end_leaderless(uint64_t time_ns) {
  looked_ns_ = time_ns;
  for (auto process = leaderless_.begin(); process != leaderless_.end();) {
    bool living = has_living_thread(*process);
    if (!living) mappings_.exited(*process, time_ns);
    process = living ? std::next(process) : leaderless_.erase(process);
  }
}

// The file of a mapping, null when there is none.
std::shared_ptr<ElfFile> PerfSideband::file_of(const Record& record) {
  auto* mapped = reinterpret_cast<const MappedRecord*>(record.bytes.data());
  if (mapped->inode == 0) return nullptr;
  return mappings_.files().get({mapped->major, mapped->minor, mapped->inode},
                               reinterpret_cast<const char*>(mapped + 1),
                               {mapped->pid, mapped->address, mapped->address + mapped->length},
                               true);
}

void PerfSideband::apply_mapping(const Record& record) {
  auto* mapped = reinterpret_cast<const MappedRecord*>(record.bytes.data());
  const char* name = reinterpret_cast<const char*>(mapped + 1);
  Mapping mapping = {mapped->address, mapped->address + mapped->length, mapped->file_offset,
                     record.time_ns,  "",                               file_of(record)};
  if (!mapping.file) mapping.name = strcmp(name, "//anon") == 0 ? "[jit]" : name;
  mappings_.mapped(mapped->pid, std::move(mapping));
}

}  // namespace synscope
