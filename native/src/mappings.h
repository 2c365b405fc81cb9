// What was mapped where, in every process, at any moment of the last seconds: the
// executable mappings of each process image. Filled by perf_sideband.cc as the kernel
// maps them and from /proc for processes that are older; asked by symbolizer.cc.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "elf_symbols.h"

namespace synscope {

struct Mapping {
  uint64_t start;
  uint64_t end;
  uint64_t file_offset;
  uint64_t time_ns;               // mapped since; 0 = older than the capture
  std::string name;               // [vdso], [jit]…; empty for a file
  std::shared_ptr<ElfFile> file;  // null unless it is a file
};

class Mappings {
 public:
  // One store for the process: whichever environment captures, all may symbolize.
  static Mappings& shared();

  ElfFiles& files() { return files_; }

  // What the kernel reports, in the order of time.
  void mapped(uint32_t tgid, Mapping mapping);
  void executed(uint32_t tgid, uint64_t time_ns);
  void forked(uint32_t parent_tgid, uint32_t tgid, uint64_t time_ns);
  void exited(uint32_t tgid, uint64_t time_ns);

  // All that happened before this moment has been applied. False when somebody waits for
  // more than that.
  bool applied_until(uint64_t time_ns);
  // Waits for that; at once when nothing is being applied.
  void wait_until(uint64_t time_ns);
  // `hurry` is called when somebody begins to wait.
  void set_live(bool live, std::function<void()> hurry = nullptr);

  // Reads /proc/PID/maps, as if it had been so since `time_ns`. False when it is gone.
  bool read_proc(uint32_t tgid, uint64_t time_ns, bool open_files);

  // Whether anything is known about what the process had mapped at a moment.
  bool knows(uint32_t tgid, uint64_t time_ns);

  // All mappings of the image that was running at a moment, oldest first, those that came
  // later included; null when none is known. Never changes: a new mapping makes a new list.
  std::shared_ptr<const std::vector<Mapping>> image_at(uint32_t tgid, uint64_t time_ns);

  // The mapping of an address at a moment. False when none is known.
  bool find(uint32_t tgid, uint64_t time_ns, uint64_t address, Mapping* found);

 private:
  struct Image {  // one program in one process: from exec to exec
    uint64_t from_ns;
    uint64_t until_ns;
    std::shared_ptr<std::vector<Mapping>> mappings;  // shared by forks until one differs
  };
  std::vector<Image>& images_of(uint32_t tgid);
  void forget_exited(uint64_t now_ns);
  std::vector<Mapping> read_maps(const char* path, uint32_t tgid, uint64_t time_ns,
                                 bool open_files);

  ElfFiles files_;
  std::mutex mutex_;
  std::condition_variable applied_;
  std::map<uint32_t, std::vector<Image>> processes_;
  std::deque<std::pair<uint64_t, uint32_t>> exits_;
  uint64_t applied_until_ns_ = 0;
  uint64_t wanted_ns_ = 0;
  std::function<void()> hurry_;
  bool live_ = false;
};

// `start-end perms offset device inode path`, one line of /proc/PID/maps. False unless
// it is executable.
bool parse_maps_line(const char* line, Mapping* mapping, FileId* id, std::string* path);

}  // namespace synscope
