// Names addresses of files as the addon does: one command a line from standard input, one line
// of answer each. `name PATH ADDRESS`, `line PATH ADDRESS`, `named FUNCTION PROBLEM`, what is left
// of the problem of a nameless frame when its debug information has a function, and `copy FROM
// TO`, which overwrites TO in place. Built and run by test/unit/native/symbols.test.ts.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "../../../native/src/elf_symbols.h"
#include "../../../native/src/line_process.h"
#include "../../../native/src/source_lines.h"

using namespace synscope;

namespace {

ElfFiles files;
LineProcess lines;

// As a new process has it mapped.
std::shared_ptr<ElfFile> mapped(const std::string& path) {
  struct stat status = {};
  stat(path.c_str(), &status);
  FileId id = {major(status.st_dev), minor(status.st_dev), status.st_ino};
  return files.get(id, path, {static_cast<uint32_t>(getpid()), 0, 4096}, true);
}

std::string name(const std::string& path, uint64_t address) {
  auto table = files.symbols(mapped(path));
  return table ? table->find(address) : "unreadable";
}

std::string line(const std::string& path, uint64_t address) {
  auto file = mapped(path);
  files.symbols(file);
  int fd = files.open(file);
  auto found = lines.find(file->table_key, path, fd, {address}, std::chrono::seconds(20));
  close(fd);
  if (found.empty() || found[0].empty()) return "";
  const LineName& own = found[0].back();
  std::string base = own.file.substr(own.file.rfind('/') + 1);
  return own.name + " " + base + " " + std::to_string(own.line);
}

std::string named(const std::string& function, const std::string& problem) {
  Frame frame;
  frame.problem = problem;
  LineName line;
  line.name = function;
  std::vector<Frame> all;
  append_with_inlined(frame, {line}, &all);
  return all.back().problem;
}

void copy(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  int fd = open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0755);
  if (write(fd, bytes.data(), bytes.size()) < 0) perror("write");
  close(fd);
  // The kernel's clock for files moves in ticks.
  usleep(20'000);
}

}  // namespace

int main() {
  std::string command, path, last;
  while (std::cin >> command >> path && std::getline(std::cin >> std::ws, last)) {
    if (command == "named") {
      std::cout << named(path, last) << std::endl;
    } else if (command == "copy") {
      copy(path, last);
    } else {
      uint64_t address = std::stoull(last, nullptr, 16);
      std::cout << (command == "line" ? line(path, address) : name(path, address)) << std::endl;
    }
  }
}
