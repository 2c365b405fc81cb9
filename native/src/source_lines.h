// Adds to a named stack what debug information knows: file, line, and the functions that the
// compiler inlined. Between symbolizer.cc and line_process.cc.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "frame.h"
#include "line_process.h"

namespace synscope {

class SourceLines {
 public:
  // The same frames with their lines; inlined functions are put before the one that has them.
  // Takes at most half a second; what is not known by then is left out.
  std::vector<Frame> with_lines(std::vector<Frame> frames, ElfFiles& files);

 private:
  using ByAddress = std::unordered_map<uint64_t, LineNames>;
  void ask(ElfFiles& files, const std::shared_ptr<ElfFile>& elf,
           const std::vector<uint64_t>& addresses, std::chrono::milliseconds limit);

  LineProcess process_;
  std::unordered_map<std::string, ByAddress> known_;  // by build-id, then address
  size_t addresses_ = 0;
};

// `frame`, preceded by the functions that were inlined into it.
void append_with_inlined(const Frame& frame, const LineNames& lines, std::vector<Frame>* all);

}  // namespace synscope
