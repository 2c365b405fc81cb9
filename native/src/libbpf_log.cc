// See libbpf_log.h.
#include "libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

namespace synscope {

namespace {

// A verifier log can have megabytes; its reason is at the end of it.
constexpr size_t kKeptBytes = 64 * 1024;
thread_local std::string kept;

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  char line[4096];
  int length = vsnprintf(line, sizeof(line), format, arguments);
  if (length <= 0) return 0;
  kept.append(line);
  if (kept.size() > kKeptBytes) kept.erase(0, kept.size() - kKeptBytes);
  return length;
}

bool is_statistics(const std::string& line) {
  return line.rfind("processed ", 0) == 0 || line.find("END PROG LOAD LOG") != std::string::npos ||
         line.find("failed to load") != std::string::npos;
}

}  // namespace

void capture_libbpf_log() {
  kept.clear();
  libbpf_set_print(keep);
}

std::string take_libbpf_complaint() {
  std::string complaint;
  size_t start = 0;
  while (start < kept.size()) {
    size_t end = kept.find('\n', start);
    if (end == std::string::npos) end = kept.size();
    std::string line = kept.substr(start, end - start);
    if (!line.empty() && !(is_statistics(line) && !complaint.empty())) complaint = line;
    start = end + 1;
  }
  kept.clear();
  return complaint;
}

}  // namespace synscope
