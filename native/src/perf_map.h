// Names of code that a program compiled while it ran: the map that its runtime writes
// (/tmp/perf-PID.map of Node, Python and Java). Used by symbolizer.cc.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>

namespace synscope {

struct CompiledName {
  std::string name, file;  // file: empty = not told
  int64_t line = -1;       // -1 = not told
};

// `LazyCompile:*dial /app/db.js:3:5` → dial, /app/db.js, 3; `py::dial:/app/db.py` → dial,
// /app/db.py. Without the mark of the compiler's tier; anything else stays as it is.
CompiledName parse_compiled_name(const std::string& text);

// The lines of one map, `start size name` with hexadecimal numbers; the last one of an
// address counts. At most 150,000 entries and 12 MiB of names: later ones are left out.
class PerfMapEntries {
 public:
  // Takes text that continues where the last one ended. Lines that are none are skipped.
  void add(const char* text, size_t size);
  // Null when no entry covers the address.
  const std::string* find(uint64_t address) const;
  size_t size() const { return entries_.size(); }

 private:
  void add_line(const std::string& line);
  void insert(uint64_t start, uint64_t end, std::string name);
  void put(uint64_t start, uint64_t end, std::string name);

  struct Entry {
    uint64_t end;
    std::string name;
  };
  std::map<uint64_t, Entry> entries_;  // by start; they do not overlap
  size_t name_bytes_ = 0;
  std::string unfinished_;
  bool skipping_ = false;  // the rest of a line that is too long
};

class PerfMaps {
 public:
  ~PerfMaps();

  enum class Found { kNoMap, kNotInMap, kNamed };

  // Reads what was added to the map of a process; before find(). Only a map that belongs to
  // `uid`, the user of the process, or to root is read: /tmp is everybody's.
  void refresh(uint32_t tgid, uint32_t uid);
  Found find(uint32_t tgid, uint64_t address, CompiledName* found) const;

 private:
  struct Map {
    uint32_t tgid;
    int fd;
    uint64_t device, inode, read;
    PerfMapEntries entries;
  };
  std::list<Map> maps_;  // last used first; at most 8, together 250 MB if all are full
};

}  // namespace synscope
