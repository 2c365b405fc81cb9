// See later_names.h.
#include "later_names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "elf_table.h"
#include "js_values.h"
#include "source_lines.h"

namespace synscope {

namespace {

// Nobody waits for a connection to be printed here, and debug information may be large.
constexpr std::chrono::seconds kPerFile(30);

struct Wanted {
  std::string path, build_id;
  std::vector<uint64_t> addresses;
  std::vector<std::string> directories;
};

std::string read_text(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

template <typename Read>
void for_each(napi_env env, napi_value list, Read read) {
  uint32_t length = 0;
  napi_get_array_length(env, list, &length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(env, list, i, &element);
    read(element);
  }
}

Wanted read_wanted(napi_env env, napi_value object) {
  Wanted wanted;
  wanted.path = read_text(env, get(env, object, "path"));
  wanted.build_id = read_text(env, get(env, object, "buildId"));
  for_each(env, get(env, object, "addresses"), [&](napi_value element) {
    int64_t address = 0;
    napi_get_value_int64(env, element, &address);
    wanted.addresses.push_back(address);
  });
  for_each(env, get(env, object, "directories"), [&](napi_value element) {
    wanted.directories.push_back(read_text(env, element));
  });
  return wanted;
}

// The file itself when it is still where it was, else its debug information alone, which
// has the same addresses.
int open_by_build_id(const Wanted& wanted) {
  int fd = open(wanted.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      read_build_id(fd) == wanted.build_id)
    return fd;
  if (fd >= 0) close(fd);
  DebugLink link;
  link.build_id = wanted.build_id;
  return DebugFiles::shared().open(link, true);
}

napi_value js_name(napi_env env, const Frame& frame) {
  napi_value object = js_object(env);
  set(env, object, "name", frame.name.empty() ? js_null(env) : js_string(env, frame.name));
  set(env, object, "file", frame.file.empty() ? js_null(env) : js_string(env, frame.file));
  set(env, object, "line", frame.line < 0 ? js_null(env) : js_number(env, frame.line));
  set(env, object, "inlined", js_boolean(env, frame.inlined));
  return object;
}

std::vector<std::vector<Frame>> names_in(int fd, const Wanted& wanted) {
  LineProcess process;
  auto table = read_symbol_table(fd, wanted.path);
  auto lines = process.find(wanted.build_id, wanted.path, fd, wanted.addresses, kPerFile, true);
  lines.resize(wanted.addresses.size());
  std::vector<std::vector<Frame>> all(wanted.addresses.size());
  for (size_t i = 0; i < all.size(); i++) {
    Frame frame;
    if (table) frame.name = table->find(wanted.addresses[i]);
    append_with_inlined(frame, lines[i], &all[i]);
  }
  return all;
}

}  // namespace

napi_value name_later(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  Wanted wanted = read_wanted(env, argument);
  DebugFiles::shared().look_in(wanted.directories);
  int fd = open_by_build_id(wanted);
  if (fd < 0) return js_null(env);
  auto names = names_in(fd, wanted);
  close(fd);
  napi_value list;
  napi_create_array_with_length(env, names.size(), &list);
  for (size_t i = 0; i < names.size(); i++) {
    napi_value frames;
    napi_create_array_with_length(env, names[i].size(), &frames);
    for (size_t depth = 0; depth < names[i].size(); depth++)
      napi_set_element(env, frames, depth, js_name(env, names[i][depth]));
    napi_set_element(env, list, i, frames);
  }
  return list;
}

}  // namespace synscope
