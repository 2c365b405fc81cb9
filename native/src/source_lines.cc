// See source_lines.h.
#include "source_lines.h"

#include <unistd.h>

#include <map>

namespace synscope {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPerStack(500);
constexpr size_t kAddresses = 50'000;  // then all are forgotten; 200 bytes each, more when inlined

}  // namespace

void append_with_inlined(const Frame& frame, const LineNames& lines, std::vector<Frame>* all) {
  for (const LineName& line : lines) {
    Frame one = frame;
    one.file = line.file;
    one.line = line.line;
    one.inlined = line.inlined;
    // The symbol of the outermost has its parameters; debug information alone may not.
    if (line.inlined || one.name.empty()) one.name = line.name;
    // What else may be wrong with a frame is wrong with its outermost function.
    if (line.inlined || (!one.name.empty() && is_about_name(one.problem))) one.problem.clear();
    all->push_back(std::move(one));
  }
  if (lines.empty() || lines.back().inlined) all->push_back(frame);
}

void SourceLines::ask(ElfFiles& files, const std::shared_ptr<ElfFile>& elf,
                      const std::vector<uint64_t>& addresses, milliseconds limit) {
  int fd = files.open(elf);
  if (fd < 0) return;
  auto answered = process_.find(elf->table_key, elf->path, fd, addresses, limit);
  close(fd);
  if (addresses_ > kAddresses) {
    known_.clear();
    addresses_ = 0;
  }
  for (size_t i = 0; i < answered.size() && !process_.is_hopeless(elf->table_key); i++) {
    known_[elf->table_key][addresses[i]] = answered[i];
    addresses_++;
  }
}

std::vector<Frame> SourceLines::with_lines(std::vector<Frame> frames, ElfFiles& files) {
  std::map<std::shared_ptr<ElfFile>, std::vector<uint64_t>> unknown;
  for (const Frame& frame : frames) {
    if (!frame.elf || process_.is_hopeless(frame.elf->table_key)) continue;
    if (known_[frame.elf->table_key].count(frame.call) == 0) unknown[frame.elf].push_back(frame.call);
  }
  auto until = steady_clock::now() + kPerStack;
  for (const auto& [elf, addresses] : unknown) {
    auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
    if (left.count() > 0) ask(files, elf, addresses, left);
  }
  std::vector<Frame> all;
  for (Frame& frame : frames) {
    if (frame.from_runtime_map) frame.quality = "jit-map";
    auto file = frame.elf ? known_.find(frame.elf->table_key) : known_.end();
    auto lines = file == known_.end() ? ByAddress::iterator() : file->second.find(frame.call);
    if (file == known_.end() || lines == file->second.end()) all.push_back(std::move(frame));
    else append_with_inlined(frame, lines->second, &all);
  }
  return all;
}

}  // namespace synscope
