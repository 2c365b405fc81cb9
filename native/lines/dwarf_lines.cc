// See dwarf_lines.h. DWARF 5, 3.3.8 tells how inlined functions nest; libdw reads it.
#include "dwarf_lines.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "../src/demangle.h"

namespace synscope {

namespace {

constexpr size_t kInlinedHere = 32;  // levels; a deeper nest is cut

// The descriptor waits here for the one call of libdwfl that wants it.
int give_debug_file(Dwfl_Module*, void** user, const char*, Dwarf_Addr, const char*, const char*,
                    GElf_Word, char**) {
  int fd = static_cast<int>(reinterpret_cast<intptr_t>(*user)) - 1;
  *user = nullptr;
  return fd;
}

const Dwfl_Callbacks kCallbacks = {dwfl_build_id_find_elf, give_debug_file,
                                   dwfl_offline_section_address, nullptr};

std::string name_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  const char* name = nullptr;
  for (unsigned code : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, code, &attribute) != nullptr)
      name = dwarf_formstring(&attribute);
    if (name != nullptr) return readable_name(name);
  }
  name = dwarf_diename(die);
  return name == nullptr ? "" : readable_name(name);
}

std::string text_of(const char* text) {
  return text == nullptr ? "" : printable(text, strlen(text), 4096);
}

// Compilers other than GCC leave .debug_aranges out: then each unit is asked.
Dwarf_Die* unit_of(Dwfl_Module* module, uint64_t address, Dwarf_Addr* bias) {
  Dwarf_Die* unit = dwfl_module_addrdie(module, address, bias);
  if (unit != nullptr) return unit;
  while ((unit = dwfl_module_nextcu(module, unit, bias)) != nullptr)
    if (dwarf_haspc(unit, address - *bias) > 0) return unit;
  return nullptr;
}

bool is_inlined(Dwarf_Die* die) { return dwarf_tag(die) == DW_TAG_inlined_subroutine; }

bool is_function(Dwarf_Die* die) { return is_inlined(die) || dwarf_tag(die) == DW_TAG_subprogram; }

uint32_t call_line(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  Dwarf_Word line = 0;
  if (dwarf_attr(die, DW_AT_call_line, &attribute) != nullptr)
    dwarf_formudata(&attribute, &line);
  return line;
}

std::string call_file(Dwarf_Die* unit, Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  Dwarf_Word index = 0;
  Dwarf_Files* files;
  size_t count;
  if (dwarf_attr(die, DW_AT_call_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &index) != 0 || dwarf_getsrcfiles(unit, &files, &count) != 0 ||
      index >= count)
    return "";
  return text_of(dwarf_filesrc(files, index, nullptr, nullptr));
}

}  // namespace

struct DwarfLines::Libraries {
  Dwfl* dwfl = nullptr;
  Dwfl_Module* module = nullptr;
  int waiting_debug_fd = -1;
};

DwarfLines::DwarfLines(int fd, int debug_fd) : libraries_(new Libraries) {
  libraries_->dwfl = dwfl_begin(&kCallbacks);
  if (libraries_->dwfl != nullptr) {
    dwfl_report_begin(libraries_->dwfl);
    libraries_->module = dwfl_report_elf(libraries_->dwfl, "module", "module", fd, 0, true);
    dwfl_report_end(libraries_->dwfl, nullptr, nullptr);
  }
  if (libraries_->module == nullptr) {
    close(fd);
    if (debug_fd >= 0) close(debug_fd);
    return;
  }
  void** user;
  dwfl_module_info(libraries_->module, &user, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *user = reinterpret_cast<void*>(static_cast<intptr_t>(debug_fd + 1));
}

DwarfLines::~DwarfLines() {
  if (libraries_->dwfl != nullptr) dwfl_end(libraries_->dwfl);
  delete libraries_;
}

std::vector<SourceFunction> DwarfLines::find(uint64_t address) {
  std::vector<SourceFunction> functions;
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = libraries_->module == nullptr ? nullptr : unit_of(libraries_->module, address, &bias);
  if (unit == nullptr) return functions;
  Dwarf_Die* scopes = nullptr;
  int count = dwarf_getscopes(unit, address - bias, &scopes);
  Dwarf_Line* line = dwarf_getsrc_die(unit, address - bias);
  int number = 0;
  SourceFunction at;
  if (line != nullptr) {
    dwarf_lineno(line, &number);
    at.line = number;
    at.file = text_of(dwarf_linesrc(line, nullptr, nullptr));
  }
  // dwarf_getscopes follows an inlined function to where it was declared: the nest of the
  // code itself is that of the innermost scope.
  Dwarf_Die* nest = nullptr;
  int depth = count > 0 ? dwarf_getscopes_die(&scopes[0], &nest) : 0;
  for (int i = 0; i < depth && functions.size() < kInlinedHere; i++) {
    if (!is_function(&nest[i])) continue;
    at.name = name_of(&nest[i]);
    at.inlined = is_inlined(&nest[i]);
    functions.push_back(at);
    if (!at.inlined) break;
    at.line = call_line(&nest[i]);
    at.file = call_file(unit, &nest[i]);
  }
  if (functions.empty() && line != nullptr) functions.push_back(at);
  free(scopes);
  free(nest);
  return functions;
}

}  // namespace synscope
