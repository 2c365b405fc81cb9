// Reads debug information, and what Go programs have in place of it, for the addon, in a process
// of its own: it is the one input whose size and shape nobody bounds, and the files may be
// anybody's. Without rights, with a limit on memory; ended by the addon
// (native/src/line_process.cc) when an answer takes too long.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <list>
#include <memory>
#include <string>

#include "dwarf_lines.h"
#include "go_lines.h"
#include "protocol.h"

namespace synscope {

namespace {

constexpr rlim_t kMemory = UINT64_C(3) * 1024 * 1024 * 1024;  // mapped files included
constexpr uid_t kNobody = 65534;

// One file, and all that tells lines of it.
class FileLines {
 public:
  // Takes both descriptors over.
  FileLines(int fd, int debug_fd) : fd_(fcntl(fd, F_DUPFD_CLOEXEC, 0)), dwarf_(fd, debug_fd) {}
  ~FileLines() {
    if (elf_ != nullptr) elf_end(elf_);
    if (fd_ >= 0) close(fd_);
  }
  FileLines(const FileLines&) = delete;
  FileLines& operator=(const FileLines&) = delete;

  // Go's linker keeps its own table right, whatever becomes of the debug information.
  std::vector<SourceFunction> find(uint64_t address) {
    if (!go_) look_for_go();
    auto functions = go_->find(address);
    return functions.empty() ? dwarf_.find(address) : functions;
  }

 private:
  void look_for_go() {
    elf_version(EV_CURRENT);
    elf_ = fd_ < 0 ? nullptr : elf_begin(fd_, ELF_C_READ, nullptr);
    GoProgram program = elf_ == nullptr ? GoProgram() : find_go(elf_);
    go_ = std::make_unique<GoLines>(program, [this](uint64_t address, void* bytes, size_t size) {
      return ElfMemory(elf_).read(address, bytes, size);
    });
  }

  int fd_;
  DwarfLines dwarf_;
  Elf* elf_ = nullptr;
  std::unique_ptr<GoLines> go_;  // null = not looked for yet
};

struct Kept {
  uint64_t key;
  std::unique_ptr<FileLines> lines;
};

void give_up_rights() {
  rlimit memory = {kMemory, kMemory}, none = {0, 0};
  setrlimit(RLIMIT_AS, &memory);
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (getuid() == 0) {
    // As nobody, it could not even read what root alone may read: it gets descriptors.
    if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
        setresuid(kNobody, kNobody, kNobody) != 0)
      _exit(1);
  }
  __user_cap_header_struct version = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct no_rights[2] = {};
  syscall(SYS_capset, &version, no_rights);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

// False at the end of the conversation. `fds` are -1 where none came.
bool hear(LineQuestion* question, int fds[2]) {
  char control[CMSG_SPACE(2 * sizeof(int))];
  iovec part = {question, sizeof(*question)};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  fds[0] = fds[1] = -1;
  if (recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC) != sizeof(*question)) return false;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS)
    memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
  return true;
}

// Null for a file that was not kept, and did not come with the question either.
FileLines* lines_of(std::list<Kept>& kept, uint64_t key, const int fds[2]) {
  for (auto one = kept.begin(); one != kept.end(); ++one) {
    if (one->key != key) continue;
    for (int i = 0; i < 2; i++)
      if (fds[i] >= 0) close(fds[i]);
    kept.splice(kept.begin(), kept, one);
    return kept.front().lines.get();
  }
  if (fds[0] < 0) return nullptr;
  if (kept.size() >= kLineFiles) kept.pop_back();
  kept.push_front({key, std::make_unique<FileLines>(fds[0], fds[1])});
  return kept.front().lines.get();
}

std::string answer(FileLines* lines, const LineQuestion& question) {
  std::string counts(question.count, '\0'), text;
  for (uint32_t i = 0; lines != nullptr && i < question.count; i++) {
    for (const SourceFunction& function : lines->find(question.addresses[i])) {
      LineFunction fixed = {function.line, function.inlined};
      size_t size = sizeof(fixed) + function.name.size() + function.file.size() + 2;
      if (counts.size() + text.size() + size > kLineAnswer || counts[i] == 127) break;
      text.append(reinterpret_cast<const char*>(&fixed), sizeof(fixed));
      text.append(function.name.c_str()).push_back('\0');
      text.append(function.file.c_str()).push_back('\0');
      counts[i]++;
    }
  }
  return counts + text;
}

}  // namespace

int run() {
  give_up_rights();
  std::list<Kept> kept;
  LineQuestion question;
  int fds[2];
  while (hear(&question, fds)) {
    if (question.count > kLineAddresses) return 1;
    std::string said = answer(lines_of(kept, question.key, fds), question);
    if (send(STDIN_FILENO, said.data(), said.size(), MSG_NOSIGNAL) < 0) return 1;
  }
  return 0;
}

}  // namespace synscope

int main() { return synscope::run(); }
