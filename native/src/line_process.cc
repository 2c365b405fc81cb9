// See line_process.h.
#include "line_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <algorithm>
#include <functional>

#include "../lines/protocol.h"
#include "elf_table.h"
#include "steady_file.h"

namespace synscope {

namespace {

constexpr size_t kHopeless = 8192;  // files that are remembered to have no lines
// Debug information may be installed, or fetched, meanwhile.
constexpr std::chrono::seconds kNoneYet(60), kUnreadable(3600);
constexpr std::chrono::seconds kMostBusy(20);
using std::chrono::steady_clock;

// The program lies beside the addon.
std::string program_path() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&program_path), &info) == 0) return "";
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1) + "synscope-lines";
}

bool has_section(int fd, const char* wanted) {
  Elf* elf = elf_begin(fd, ELF_C_READ, nullptr);
  size_t strings;
  bool found = false;
  if (elf != nullptr && elf_getshdrstrndx(elf, &strings) == 0) {
    for (Elf_Scn* section = nullptr; !found && (section = elf_nextscn(elf, section)) != nullptr;) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr) continue;
      const char* name = elf_strptr(elf, strings, header.sh_name);
      found = name != nullptr && strstr(name, wanted) != nullptr;
    }
  }
  if (elf != nullptr) elf_end(elf);
  return found;
}

// Text that ends with NUL; moves on. Empty at the end of what was said.
std::string take_text(const std::string& said, size_t* at) {
  if (*at >= said.size()) return "";
  std::string text(said.c_str() + *at);
  *at += text.size() + 1;
  return text;
}

std::vector<LineNames> understood(const std::string& said, size_t count) {
  std::vector<LineNames> all(count);
  size_t at = count;
  for (size_t i = 0; i < count && i < said.size(); i++) {
    for (int n = said[i]; n > 0 && at + sizeof(LineFunction) < said.size(); n--) {
      LineFunction fixed;
      memcpy(&fixed, said.data() + at, sizeof(fixed));
      at += sizeof(fixed);
      LineName name;
      name.name = take_text(said, &at);
      name.file = take_text(said, &at);
      name.line = fixed.line == 0 || name.file.empty() ? -1 : int64_t{fixed.line};
      name.inlined = fixed.inlined != 0;
      all[i].push_back(std::move(name));
    }
  }
  return all;
}

bool send_question(int socket, const LineQuestion& question, int fd, int debug_fd) {
  int fds[2] = {fd, debug_fd};
  size_t size = (debug_fd < 0 ? 1 : 2) * sizeof(int);
  if (fd < 0) return send(socket, &question, sizeof(question), MSG_NOSIGNAL) == sizeof(question);
  char control[CMSG_SPACE(sizeof(fds))] = {};
  iovec part = {const_cast<LineQuestion*>(&question), sizeof(question)};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(header), fds, size);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof(question);
}

}  // namespace

LineProcess::~LineProcess() { end(); }

bool LineProcess::start() {
  if (pid_ > 0) return true;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return false;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pair[1], STDIN_FILENO);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  // A group of its own: a Ctrl-C in the terminal is not for it.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string path = program_path();
  char name[] = "synscope-lines";
  char* arguments[] = {name, nullptr};
  char* environment[] = {nullptr};
  bool started = posix_spawn(&pid_, path.c_str(), &actions, &attributes, arguments, environment) == 0;
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(pair[1]);
  if (started) {
    socket_ = pair[0];
    return true;
  }
  close(pair[0]);
  pid_ = -1;
  return false;
}

void LineProcess::end() {
  if (pid_ <= 0) return;
  close(socket_);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  busy_with_.clear();
  kept_.clear();
}

bool LineProcess::is_hopeless(const std::string& key) const {
  auto known = hopeless_.find(key);
  return known != hopeless_.end() && steady_clock::now() < known->second;
}

void LineProcess::give_up(const std::string& key, std::chrono::seconds time) {
  if (hopeless_.size() >= kHopeless) hopeless_.clear();
  hopeless_[key] = steady_clock::now() + time;
}

// Large debug information takes seconds at first: the answer that nobody waited for is
// thrown away, what was read for it is kept.
bool LineProcess::is_free() {
  if (busy_with_.empty()) return true;
  pollfd readable = {socket_, POLLIN, 0};
  if (poll(&readable, 1, 0) == 1) {
    std::string said(kLineAnswer, '\0');
    if (recv(socket_, said.data(), said.size(), 0) <= 0) {
      give_up(busy_with_, kUnreadable);
      end();
    }
  } else if (steady_clock::now() < busy_since_ + kMostBusy) {
    return false;
  } else {
    give_up(busy_with_, kUnreadable);
    end();
  }
  busy_with_.clear();
  return true;
}

bool LineProcess::is_kept(const std::string& key) {
  return pid_ > 0 && std::find(kept_.begin(), kept_.end(), key) != kept_.end();
}

bool LineProcess::ask(const std::string& key, int fd, int debug_fd,
                      const std::vector<uint64_t>& addresses, std::chrono::milliseconds limit,
                      std::vector<LineNames>* answered) {
  LineQuestion question = {};
  question.key = std::hash<std::string>()(key);
  question.count = addresses.size();
  memcpy(question.addresses, addresses.data(), addresses.size() * sizeof(uint64_t));
  if (!start() || (fd < 0 && !is_kept(key))) return false;
  pollfd readable = {socket_, POLLIN, 0};
  bool asked = send_question(socket_, question, fd, debug_fd);
  kept_.remove(key);
  kept_.push_front(key);
  if (kept_.size() > kLineFiles) kept_.pop_back();
  if (asked && poll(&readable, 1, static_cast<int>(limit.count())) == 0) {
    busy_with_ = key;
    busy_since_ = steady_clock::now();
    return false;
  }
  std::string said(kLineAnswer, '\0');
  ssize_t got = asked ? recv(socket_, said.data(), said.size(), 0) : -1;
  if (got <= 0) {
    // It died of what it read: the next file gets a new one.
    give_up(key, kUnreadable);
    end();
    return false;
  }
  said.resize(got);
  auto some = understood(said, addresses.size());
  answered->insert(answered->end(), some.begin(), some.end());
  return true;
}

std::vector<LineNames> LineProcess::find(const std::string& key, const std::string& path, int fd,
                                         const std::vector<uint64_t>& addresses,
                                         std::chrono::milliseconds limit, bool wait) {
  std::vector<LineNames> answered;
  if (!is_free()) return answered;
  // A copy of a large file takes its time: it is made once.
  bool kept = is_kept(key);
  int steady = kept ? -1 : open_steady(fd);
  bool own = steady >= 0 && has_section(steady, "debug_info");
  int debug = steady < 0 || own ? -1 : DebugFiles::shared().open(read_debug_link(steady, path), wait);
  // A stripped Go program tells some of it by its own.
  bool asking = kept || own || debug >= 0 || (steady >= 0 && has_section(steady, "gopclntab"));
  if (!asking) {
    give_up(key, kNoneYet);
    answered.resize(addresses.size());
  }
  for (size_t at = 0; asking && at < addresses.size(); at += kLineAddresses) {
    auto first = addresses.begin() + at;
    auto last = addresses.begin() + std::min(addresses.size(), at + kLineAddresses);
    asking = ask(key, steady, debug, std::vector<uint64_t>(first, last), limit, &answered);
  }
  if (steady >= 0) close(steady);
  if (debug >= 0) close(debug);
  return answered;
}

}  // namespace synscope
