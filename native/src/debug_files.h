// Finds the debug information that is installed for a file: by build-id below
// /usr/lib/debug, by .gnu_debuglink beside it, and what debuginfod has fetched when the user
// has set DEBUGINFOD_URLS. Used by elf_table.cc and line_process.cc.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace synscope {

// What a file says of its debug information.
struct DebugLink {
  std::string build_id;  // hex; empty = none
  std::string name;      // of .gnu_debuglink; empty = none
  uint32_t crc = 0;
  std::string path;      // of the file itself
};

class DebugFiles {
 public:
  static DebugFiles& shared();

  // More directories with a .build-id/ in them, looked at first.
  void look_in(std::vector<std::string> directories);

  // A descriptor for the caller to close, -1 when there is none. With DEBUGINFOD_URLS, a file
  // that is not there is fetched in the background, once; `wait` waits for that instead.
  int open(const DebugLink& link, bool wait = false);

 private:
  int open_installed(const DebugLink& link);
  int open_fetched(const std::string& build_id);
  void fetch_later(const std::string& build_id);
  void fetch_all();

  std::mutex mutex_;
  std::vector<std::string> directories_ = {"/usr/lib/debug"};
  std::map<std::string, std::string> asked_;  // build-id → path, empty = not there
  std::deque<std::string> queue_;             // to be asked for
  bool fetching_ = false;
};

// Asks debuginfod for the debug information of a build-id, for at most 30 s. The path in its
// cache; empty when it cannot be had, or nobody has set DEBUGINFOD_URLS.
std::string fetch_debug_file(const std::string& build_id);

}  // namespace synscope
