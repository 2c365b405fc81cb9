// See mappings.h.
#include "mappings.h"

#include <dirent.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>

namespace synscope {

namespace {

// A stack reaches the symbolizer within a second or so of its process's end.
constexpr uint64_t kKeepExitedNs = UINT64_C(10000000000);
constexpr size_t kProcesses = 65536;        // then those that ended first go early
constexpr size_t kMappingsOfImage = 16384;  // a process that maps more loses the oldest
constexpr auto kPatience = std::chrono::seconds(1);  // with what a busy machine applies late
constexpr size_t kImages = 4;               // execs of one process that are remembered

}  // namespace

Mappings& Mappings::shared() {
  static Mappings mappings;
  return mappings;
}

std::vector<Mappings::Image>& Mappings::images_of(uint32_t tgid) {
  auto& images = processes_[tgid];
  if (images.empty()) images.push_back({0, UINT64_MAX, std::make_shared<std::vector<Mapping>>()});
  return images;
}

void Mappings::mapped(uint32_t tgid, Mapping mapping) {
  std::lock_guard<std::mutex> lock(mutex_);
  Image& image = images_of(tgid).back();
  if (image.mappings.use_count() > 1)
    image.mappings = std::make_shared<std::vector<Mapping>>(*image.mappings);
  auto& mappings = *image.mappings;
  if (mappings.size() >= kMappingsOfImage)
    mappings.erase(mappings.begin(), mappings.begin() + kMappingsOfImage / 4);
  mappings.push_back(std::move(mapping));
}

void Mappings::executed(uint32_t tgid, uint64_t time_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto& images = images_of(tgid);
  images.back().until_ns = time_ns;
  if (images.size() >= kImages) images.erase(images.begin());
  images.push_back({time_ns, UINT64_MAX, std::make_shared<std::vector<Mapping>>()});
}

void Mappings::forked(uint32_t parent_tgid, uint32_t tgid, uint64_t time_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto shared = images_of(parent_tgid).back().mappings;
  processes_[tgid] = {{time_ns, UINT64_MAX, std::move(shared)}};
}

void Mappings::exited(uint32_t tgid, uint64_t time_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  exits_.emplace_back(time_ns, tgid);
  forget_exited(time_ns);
}

void Mappings::forget_exited(uint64_t now_ns) {
  while (!exits_.empty() && (exits_.front().first + kKeepExitedNs < now_ns ||
                             processes_.size() > kProcesses)) {
    auto [ended_ns, tgid] = exits_.front();
    exits_.pop_front();
    auto process = processes_.find(tgid);
    // The pid may already be another process's.
    if (process != processes_.end() && process->second.front().from_ns <= ended_ns)
      processes_.erase(process);
  }
}

bool Mappings::applied_until(uint64_t time_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  applied_until_ns_ = time_ns;
  forget_exited(time_ns);
  applied_.notify_all();
  return wanted_ns_ <= time_ns;
}

void Mappings::wait_until(uint64_t time_ns) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (live_ && applied_until_ns_ < time_ns) {
    wanted_ns_ = std::max(wanted_ns_, time_ns);
    hurry_();
  }
  applied_.wait_for(lock, kPatience,
                    [&] { return !live_ || applied_until_ns_ >= time_ns; });
}

void Mappings::set_live(bool live, std::function<void()> hurry) {
  std::lock_guard<std::mutex> lock(mutex_);
  // What is known stays when a capture ends: its last stacks are still to be named.
  if (live && !live_) {
    processes_.clear();
    exits_.clear();
  }
  live_ = live;
  hurry_ = std::move(hurry);
  applied_.notify_all();
}

bool parse_maps_line(const char* line, Mapping* mapping, FileId* id, std::string* path) {
  char permissions[5];
  int path_at = 0;
  if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &mapping->start,
             &mapping->end, permissions, &mapping->file_offset, &id->major, &id->minor, &id->inode,
             &path_at) < 7 ||
      permissions[2] != 'x')
    return false;
  *path = path_at > 0 ? line + path_at : "";
  while (!path->empty() && path->back() == '\n') path->pop_back();
  return true;
}

std::vector<Mapping> Mappings::read_maps(const char* path, uint32_t tgid, uint64_t time_ns,
                                         bool open_files) {
  char line[4096 + 128];
  std::vector<Mapping> found;
  FILE* maps = fopen(path, "re");
  if (maps == nullptr) return found;
  while (fgets(line, sizeof(line), maps) != nullptr) {
    Mapping mapping = {};
    FileId id;
    std::string name;
    if (!parse_maps_line(line, &mapping, &id, &name)) continue;
    mapping.time_ns = time_ns;
    if (id.inode != 0)
      mapping.file = files_.get(id, name, {tgid, mapping.start, mapping.end}, open_files);
    else
      mapping.name = name.empty() ? "[jit]" : name;
    found.push_back(std::move(mapping));
  }
  fclose(maps);
  return found;
}

// Without its first thread a process has nothing in its own `maps`, its other threads do.
bool Mappings::read_proc(uint32_t tgid, uint64_t time_ns, bool open_files) {
  std::string process = "/proc/" + std::to_string(tgid);
  auto found = read_maps((process + "/maps").c_str(), tgid, time_ns, open_files);
  DIR* tasks = found.empty() ? opendir((process + "/task").c_str()) : nullptr;
  while (dirent* entry = tasks != nullptr && found.empty() ? readdir(tasks) : nullptr) {
    std::string thread = process + "/task/" + entry->d_name;
    found = read_maps((thread + "/maps").c_str(), tgid, time_ns, open_files);
  }
  if (tasks != nullptr) closedir(tasks);
  for (Mapping& mapping : found) mapped(tgid, std::move(mapping));
  return !found.empty();
}

bool Mappings::knows(uint32_t tgid, uint64_t time_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto process = processes_.find(tgid);
  if (process == processes_.end()) return false;
  for (const Image& image : process->second)
    if (time_ns >= image.from_ns && time_ns < image.until_ns && !image.mappings->empty()) return true;
  return false;
}

std::shared_ptr<const std::vector<Mapping>> Mappings::image_at(uint32_t tgid, uint64_t time_ns) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto process = processes_.find(tgid);
  if (process == processes_.end()) return nullptr;
  for (const Image& image : process->second)
    if (time_ns >= image.from_ns && time_ns < image.until_ns && !image.mappings->empty())
      return image.mappings;
  return nullptr;
}

bool Mappings::find(uint32_t tgid, uint64_t time_ns, uint64_t address, Mapping* found) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto process = processes_.find(tgid);
  if (process == processes_.end()) return false;
  for (const Image& image : process->second) {
    if (time_ns < image.from_ns || time_ns >= image.until_ns) continue;
    // The newest mapping of that address covers the older ones.
    for (auto mapping = image.mappings->rbegin(); mapping != image.mappings->rend(); ++mapping) {
      if (address < mapping->start || address >= mapping->end || mapping->time_ns > time_ns) continue;
      *found = *mapping;
      return true;
    }
  }
  return false;
}

}  // namespace synscope
