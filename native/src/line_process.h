// Source lines and inlined functions of addresses, from the installed debug information: asks
// the program beside the addon (native/lines/), which has no rights and may be ended at any
// time. Used by symbolizer.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "debug_files.h"

namespace synscope {

struct LineName {
  std::string name, file;  // empty = unknown
  int64_t line = -1;       // -1 = unknown
  bool inlined = false;
};

// The functions at one address, innermost first.
using LineNames = std::vector<LineName>;

class LineProcess {
 public:
  ~LineProcess();

  // Whether there is no use in asking about a file now: it has no debug information, or what it
  // has could not be read.
  bool is_hopeless(const std::string& key) const;

  // For each address of a file, as its linker gave it, what is at it. Empty lists when there is
  // no debug information; nothing at all when the answer is not there within `limit`: asked
  // again later, it may be. `fd` stays the caller's. `wait` waits for debuginfod, when that is configured.
  std::vector<LineNames> find(const std::string& key, const std::string& path, int fd,
                              const std::vector<uint64_t>& addresses,
                              std::chrono::milliseconds limit, bool wait = false);

 private:
  bool start();
  void end();
  bool is_free();
  void give_up(const std::string& key, std::chrono::seconds time);
  bool is_kept(const std::string& key);
  bool ask(const std::string& key, int fd, int debug_fd, const std::vector<uint64_t>& addresses,
           std::chrono::milliseconds limit, std::vector<LineNames>* answered);

  int socket_ = -1;
  int pid_ = -1;
  std::list<std::string> kept_;  // files that it has, last asked about first
  std::string busy_with_;  // a file whose answer was not waited for; empty = none
  std::chrono::steady_clock::time_point busy_since_;
  // Files that have none, or took too long, and until when they are left alone.
  std::map<std::string, std::chrono::steady_clock::time_point> hopeless_;
};

}  // namespace synscope
