// See symbol_ranges.h.
#include "symbol_ranges.h"

#include <algorithm>
#include <cstring>

namespace synscope {

namespace {

constexpr size_t kLongestKept = 8192;  // bytes of a symbol's name
constexpr size_t kDeepest = 64;        // functions within functions; a hostile file has more

// The name that a programmer would use comes first: a function, not local, few
// underscores, short.
bool is_better(const Candidate& a, const Candidate& b) {
  if (a.address != b.address) return a.address < b.address;
  if (a.typed != b.typed) return a.typed;
  if (a.local != b.local) return b.local;
  size_t underscores_a = strspn(a.name, "_"), underscores_b = strspn(b.name, "_");
  if (underscores_a != underscores_b) return underscores_a < underscores_b;
  return strlen(a.name) < strlen(b.name);
}

uint64_t end_of(const Candidate& candidate) {
  return candidate.address + std::min<uint64_t>(candidate.size, UINT64_MAX - candidate.address);
}

class Ranges {
 public:
  explicit Ranges(SymbolTable* table) : table_(table) {}

  // In the order of is_better(). False when there is no room for more names.
  bool add(const Candidate& candidate) {
    bool first = table_->symbols.empty() || table_->symbols.back().address != candidate.address;
    // A label of assembly within a function is a place in it, no function.
    if (!candidate.typed && candidate.address < functions_until_) return true;
    if (first) close_until(candidate.address);
    if (table_->names.size() > UINT32_MAX - kLongestKept - 1) return false;
    if (first || candidate.sized) open(candidate, first);
    if (candidate.typed && candidate.sized)
      functions_until_ = std::max(functions_until_, end_of(candidate));
    return true;
  }

  // Behind a function that lies within another, the other one goes on.
  void close_until(uint64_t address) {
    uint64_t end = 0;
    while (!open_.empty() && open_.back().end <= address) {
      end = std::max(end, open_.back().end);
      open_.pop_back();
      if (open_.empty() || open_.back().end <= end || end == address) continue;
      table_->symbols.push_back(
          {end, static_cast<uint32_t>(open_.back().end - end), open_.back().name});
    }
  }

 private:
  struct Open {
    uint64_t end;
    uint32_t name;
  };

  void open(const Candidate& candidate, bool first) {
    uint64_t end = end_of(candidate);
    bool longer = open_.empty() || end > open_.back().end;
    // Another name of the same place says something only of what is behind the better one.
    if (!first && (!longer || open_.empty())) return;
    auto name = static_cast<uint32_t>(table_->names.size());
    table_->names.append(candidate.name, strnlen(candidate.name, kLongestKept)).push_back('\0');
    if (first) {
      // Without a size of its own it does not reach out of the function around it.
      bool far = longer || candidate.size == 0;
      if (!candidate.sized && !open_.empty() && far) end = open_.back().end;
      table_->symbols.push_back(
          {candidate.address, static_cast<uint32_t>(end - candidate.address), name});
    }
    if (!candidate.sized || open_.size() >= kDeepest) return;
    open_.insert(first ? open_.end() : open_.end() - 1, {end, name});
  }

  SymbolTable* table_;
  std::vector<Open> open_;  // functions that have not ended, innermost last
  uint64_t functions_until_ = 0;
};

}  // namespace

void keep_ranges(std::vector<Candidate> candidates, SymbolTable* table) {
  std::sort(candidates.begin(), candidates.end(), is_better);
  Ranges ranges(table);
  for (const Candidate& candidate : candidates)
    if (!ranges.add(candidate)) break;
  ranges.close_until(UINT64_MAX);
  table->symbols.shrink_to_fit();
}

}  // namespace synscope
