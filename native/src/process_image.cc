// See process_image.h.
#include "process_image.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace synscope {

namespace {

// Files of one process in which its stacks stood, each with a descriptor.
constexpr size_t kModules = 256;

// Asked when a stack first stands in the module. The handle is shared: its tables are
// read once, whichever process asks.
int find_elf(Dwfl_Module*, void** file, const char*, Dwarf_Addr, char**, Elf** elf) {
  Elf* shared = static_cast<UnwindFile*>(*file)->elf();
  *elf = elf_begin(-1, ELF_C_READ, shared);
  return -1;
}

// None: looking for them could ask a debuginfod server.
int no_debug_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                  GElf_Word, char**) {
  return -1;
}

const Dwfl_Callbacks kCallbacks = {find_elf, no_debug_file, nullptr, nullptr};

bool covers(Dwarf_CFI* cfi, Dwarf_Addr address) {
  Dwarf_Frame* frame = nullptr;
  if (cfi == nullptr || dwarf_cfi_addrframe(cfi, address, &frame) != 0) return false;
  free(frame);
  return true;
}

// Newer mappings may have taken the middle of an older one: mprotect(2) and mremap(2) of some
// pages split it. Its other parts are as they were.
void add_uncovered(const Mapping& mapping, std::map<uint64_t, CodeRange>& newer) {
  uint64_t at = mapping.start;
  auto next = newer.upper_bound(at);
  if (next != newer.begin()) at = std::max(at, std::prev(next)->second.end);
  while (at < mapping.end) {
    uint64_t end = next == newer.end() ? mapping.end : std::min(mapping.end, next->first);
    if (at < end) {
      uint64_t offset = mapping.file_offset + (at - mapping.start);
      newer.emplace_hint(next, at, CodeRange{at, end, offset, mapping.end - mapping.start, mapping.file,
                                             mapping.name});
    }
    if (next == newer.end()) return;
    at = std::max(at, next->second.end);
    ++next;
  }
}

}  // namespace

ProcessImage::ProcessImage(Snapshot mappings, uint64_t time_ns, UnwindFiles& files)
    : unwind_files_(files), mappings_(std::move(mappings)), dwfl_(dwfl_begin(&kCallbacks)) {
  choose_ranges(time_ns);
}

ProcessImage::~ProcessImage() {
  if (dwfl_ != nullptr) dwfl_end(dwfl_);
}

// The kernel does not tell what is unmapped: the newest mapping of an address counts.
void ProcessImage::choose_ranges(uint64_t time_ns) {
  std::map<uint64_t, CodeRange> chosen;  // by start
  for (auto mapping = mappings_->rbegin(); mapping != mappings_->rend(); ++mapping) {
    if (mapping->time_ns > time_ns) {
      next_ns_ = std::min(next_ns_, mapping->time_ns);
      continue;
    }
    newest_ns_ = std::max(newest_ns_, mapping->time_ns);
    add_uncovered(*mapping, chosen);
  }
  for (auto& [start, range] : chosen) ranges_.push_back(std::move(range));
}

bool ProcessImage::is_free(uint64_t low, uint64_t high) const {
  for (const Module& module : modules_)
    if (low < module.high && high > module.low) return false;
  return true;
}

void ProcessImage::report_module_at(uint64_t address) {
  const CodeRange* range = code_at(address);
  if (range == nullptr || !is_free(range->start, range->end) || modules_.size() >= kModules) return;
  auto file = range->file                ? unwind_files_.get(range->file)
              : range->name == "[vdso]" ? unwind_files_.vdso()
                                         : nullptr;
  uint64_t bias;
  if (!file || !file->bias(range->start, range->file_offset, &bias)) return;
  uint64_t low = bias + file->low(), high = bias + file->high();
  if (low > range->start || high <= range->start || !is_free(low, high)) return;
  dwfl_report_begin_add(dwfl_);
  const char* name = range->file ? range->file->path.c_str() : "[vdso]";
  Dwfl_Module* module = dwfl_report_module(dwfl_, name, low, high);
  void** userdata = nullptr;
  if (module != nullptr)
    dwfl_module_info(module, &userdata, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  if (userdata != nullptr) *userdata = file.get();
  dwfl_report_end(dwfl_, nullptr, nullptr);
  if (userdata != nullptr) modules_.push_back({low, high, std::move(file)});
}

Dwfl* ProcessImage::attached(const Dwfl_Thread_Callbacks* callbacks, void* given) {
  constexpr pid_t kAnyProcess = 1;
  argument = given;
  if (!attached_ && !modules_.empty())
    attached_ = dwfl_attach_state(dwfl_, modules_.front().file->elf(), kAnyProcess, callbacks,
                                  &argument);
  return attached_ ? dwfl_ : nullptr;
}

const CodeRange* ProcessImage::code_at(uint64_t address) const {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](uint64_t wanted, const CodeRange& r) { return wanted < r.start; });
  if (after == ranges_.begin() || address >= (after - 1)->end) return nullptr;
  return &*(after - 1);
}

bool ProcessImage::has_unwind_information(uint64_t address) {
  if (dwfl_ == nullptr) return false;
  report_module_at(address);
  Dwfl_Module* module = dwfl_addrmodule(dwfl_, address);
  if (module == nullptr) return false;
  Dwarf_Addr bias = 0;
  Dwarf_CFI* cfi = dwfl_module_eh_cfi(module, &bias);
  if (covers(cfi, address - bias)) return true;
  cfi = dwfl_module_dwarf_cfi(module, &bias);
  return covers(cfi, address - bias);
}

}  // namespace synscope
