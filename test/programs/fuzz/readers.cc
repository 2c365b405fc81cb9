// Feeds damaged input to the readers of what anybody may have written: ELF files, Go's table
// of functions and lines, maps of compiled code, mangled names. Built with sanitizers and run by
// test/unit/native/fuzz.test.ts: `readers SEED MILLISECONDS FILE…`; prints one JSON object.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "../../../native/lines/go_lines.h"
#include "../../../native/src/demangle.h"
#include "../../../native/src/elf_table.h"
#include "../../../native/src/go_table.h"
#include "../../../native/src/perf_map.h"
#include "../../../native/src/steady_file.h"

using namespace synscope;
using Clock = std::chrono::steady_clock;

namespace {

std::mt19937_64 random_source;

uint64_t below(uint64_t end) { return end == 0 ? 0 : random_source() % end; }

// What breaks parsers: extreme numbers at odd places, and less than was promised.
void damage(std::string* bytes) {
  constexpr uint64_t kExtremes[] = {0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0xffffffff, UINT64_MAX};
  for (uint64_t times = 1 + below(8); times > 0 && bytes->size() > 8; times--) {
    // Headers decide more than contents do.
    uint64_t at = below(below(2) ? std::min<uint64_t>(bytes->size(), 512) : bytes->size());
    if (below(3) == 0) (*bytes)[at] ^= 1 << below(8);
    uint64_t value = kExtremes[below(std::size(kExtremes))];
    size_t width = size_t{1} << below(4);
    if (at + width <= bytes->size()) memcpy(bytes->data() + at, &value, width);
  }
  if (below(6) == 0) bytes->resize(below(bytes->size() + 1));
}

void read_elf(const std::string& bytes) {
  int fd = file_of_bytes(bytes.data(), bytes.size());
  if (fd < 0) return;
  read_debug_link(fd, "/fuzzed");
  auto table = read_symbol_table(fd, "/fuzzed");
  for (int i = 0; table && i < 20; i++) table->find(table->address_of(below(bytes.size() * 2)));
  close(fd);
}

constexpr uint32_t kMagics[] = {0xfffffffb, 0xfffffffa, 0xfffffff0, 0xfffffff1};
constexpr uint64_t kGoCode = 0x401000, kGoData = 0x500000;
// The first eight bytes of main.b are main.c, inlined: line 4 of it, called in line 14.
const std::string kGoValues("\0" "\x02\x30\0" "\x0a\x08\x14\x08\0" "\x02\x08\x01\x08\0", 14);
constexpr uint32_t kGoFileOfAll = 1, kGoLinesOf = 4, kGoInlinedAt = 9, kGoInlinedCalls = 16;

// A table of the given format with three functions, or what is left of it.
std::string go_table(uint32_t magic) {
  std::string bytes(1024, '\0');
  auto put = [&](size_t at, uint64_t value, size_t width) { memcpy(&bytes[at], &value, width); };
  put(0, magic, 4);
  bytes[6] = 1;
  bytes[7] = 8;
  put(8, 3, 8);
  bool oldest = magic == 0xfffffffb, by_text = magic == 0xfffffff0 || magic == 0xfffffff1;
  size_t width = by_text ? 4 : 8, list = oldest ? 16 : 128, names = 700, header = by_text ? 32 : 24;
  const size_t places[] = {names, 800, 820, 900, list};
  for (size_t i = 0; !oldest && i < 5; i++) put(header + 8 * i, places[i], 8);
  if (by_text) put(24, kGoCode, 8);
  for (size_t i = 0; i < 4; i++) {
    size_t function = 256 + 128 * i;
    put(list + 2 * i * width, (by_text ? 0 : kGoCode) + 16 * i, width);
    if (i == 3) break;
    put(list + (2 * i + 1) * width, function - (oldest ? 0 : list), width);
    put(function + width, (oldest ? names : 0) + 8 * i, 4);
    memcpy(&bytes[names + 8 * i], i == 0 ? "main.a" : i == 1 ? "main.b" : "main.c", 7);
  }
  size_t record = 256 + 128 + width, tables = record + (magic == 0xfffffff1 ? 40 : 36);
  put(record + 16, kGoFileOfAll, 4);
  put(record + 20, kGoLinesOf, 4);
  put(record + 24, 3, 4);
  put(tables - 1, 4, 1);
  put(tables + 8, kGoInlinedAt, 4);
  put(tables + 12 + 12, kGoInlinedCalls, 4);
  memcpy(&bytes[820], "db.go", 6);
  memcpy(&bytes[900], kGoValues.data(), kGoValues.size());
  return bytes;
}

GoLines go_lines(const std::vector<uint8_t>& table, GoLines::ReadBytes read) {
  return GoLines({table.data(), table.size(), kGoCode, {{kGoCode, {kGoData + 0x1000, kGoData}}}}, read);
}

// Whole tables are read as they are: else nothing below would be reached.
int whole_tables() {
  int right = 0;
  for (uint32_t magic : kMagics) {
    std::string bytes = go_table(magic);
    auto functions = read_go_functions(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), kGoCode);
    right += functions.size() == 3 && functions[2].address == kGoCode + 0x20 &&
             strcmp(functions[2].name, "main.c") == 0;
  }
  return right;
}

bool is_line(const SourceFunction& found, const char* name, uint32_t line, bool inlined) {
  return found.name == name && found.file == "db.go" && found.line == line && found.inlined == inlined;
}

// The oldest format has none, the next no names of what is inlined: then nothing is told there.
int whole_lines() {
  int right = 0;
  for (uint32_t magic : kMagics) {
    std::string text = go_table(magic);
    std::vector<uint8_t> bytes(text.begin(), text.end());
    bool later = magic == 0xfffffff1, oldest = magic == 0xfffffffb;
    auto lines = go_lines(bytes, [&](uint64_t address, void* into, size_t size) {
      uint32_t call[5] = {};
      call[later ? 1 : 3] = 16;
      call[later ? 2 : 4] = 8;
      if (address != kGoData + kGoInlinedCalls) return false;
      memcpy(into, call, size);
      return true;
    });
    auto inner = lines.find(kGoCode + 0x14), outer = lines.find(kGoCode + 0x18);
    bool told = inner.size() == 2 && is_line(inner[0], "main.c", 4, true) && is_line(inner[1], "main.b", 14, false);
    bool has_calls = magic == 0xfffffff0 || later;
    right += (has_calls ? told : inner.empty()) && lines.find(kGoCode + 0x30).empty() &&
             (oldest ? outer.empty() : outer.size() == 1 && is_line(outer[0], "main.b", 14, false));
  }
  return right;
}

std::string named_at(const PerfMapEntries& entries, uint64_t address) {
  const std::string* name = entries.find(address);
  return name == nullptr ? "-" : *name;
}

// The last line of an address counts, as far as it reaches; other lines are passed over.
bool whole_map() {
  PerfMapEntries entries;
  std::string text =
      "1000 100 old\nnonsense\n1040 20 new\n\n ff ff x\n2000 0 empty\nffffffffffffffff ff wraps\n"
      "3000 10 first\n3000 10 second\n" + std::string(5000, 'a') + "\n4000 10 unfin";
  entries.add(text.data(), text.size());
  bool before = named_at(entries, 0x4000) == "-";
  entries.add("ished\n", 6);
  CompiledName js = parse_compiled_name("LazyCompile:~get port file:///a b/net.js:12:5");
  CompiledName py = parse_compiled_name("py::Pool.<locals>.dial:/app/db.py");
  CompiledName none = parse_compiled_name("Function:* node:internal/process:7:1");
  return before && named_at(entries, 0x4000) == "unfinished" && named_at(entries, 0x1000) == "old" &&
         named_at(entries, 0x1040) == "new" && named_at(entries, 0x105f) == "new" &&
         named_at(entries, 0x1060) == "old" && named_at(entries, 0x1100) == "-" &&
         named_at(entries, 0x3005) == "second" && entries.size() == 5 && js.name == "get port" &&
         js.file == "file:///a b/net.js" && js.line == 12 && py.name == "Pool.<locals>.dial" &&
         py.file == "/app/db.py" && none.name == "(anonymous)" && none.line == 7 &&
         parse_compiled_name("Interpreter").name == "Interpreter";
}

// Legacy Rust without its hash, v0, C++, a version of a symbol, and what is none of them.
bool whole_names() {
  return readable_name("_ZN3app4pool4open17h0123456789abcdefE") == "app::pool::open" &&
         readable_name("_RNvCs1234_7mycrate3foo") == "mycrate::foo" &&
         readable_name("_ZN4pool4openEi") == "pool::open(int)" &&
         readable_name("connect@@GLIBC_2.2.5") == "connect" && readable_name("_Znonsense") == "_Znonsense" &&
         readable_name("main.(*T).Run") == "main.(*T).Run";
}

void read_go_table() {
  std::string bytes = go_table(kMagics[below(4)]);
  damage(&bytes);
  // On the heap, so that a step beyond its end is seen.
  std::vector<uint8_t> exact(bytes.begin(), bytes.end());
  for (const GoFunction& f : read_go_functions(exact.data(), exact.size(), below(2) ? 0x401000 : 0))
    readable_name(f.name);
  auto lines = go_lines(exact, [](uint64_t, void* into, size_t size) {
    for (size_t i = 0; i < size; i++) static_cast<uint8_t*>(into)[i] = below(4) ? below(32) : below(256);
    return below(8) != 0;
  });
  for (int i = 0; i < 8; i++) lines.find(kGoCode + below(0x40));
}

void read_map() {
  PerfMapEntries entries;
  for (uint64_t lines = below(400); lines > 0; lines--) {
    char head[64];
    snprintf(head, sizeof(head), "%lx %lx ", below(0x4000), below(0x1000));
    std::string line = head + std::string("LazyCompile:*dial /app/db.js:3:5");
    if (below(10) == 0) line.append(below(9000), 'x');
    if (below(4) == 0) damage(&line);
    line.push_back('\n');
    // In pieces, as it is written.
    size_t cut = below(line.size());
    entries.add(line.data(), cut);
    entries.add(line.data() + cut, line.size() - cut);
  }
  for (int i = 0; i < 50; i++) {
    const std::string* name = entries.find(below(0x5000));
    if (name != nullptr) parse_compiled_name(*name);
  }
}

void read_name() {
  constexpr const char* kSymbols[] = {
      "_ZNSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS5_EE9push_backERKS5_",
      "_ZN4core3ops8function6FnOnce9call_once17h0123456789abcdefE",
      "_RNvXCs1234_7mycrateINtB2_4PoolRShENtB2_5Opens4open",
      "_RNvNtNtNtCsabc_3std3sys3net10connectionu30____7hkackfecea1cbdathfdh9hlq6y"};
  std::string symbol = kSymbols[below(4)];
  if (below(3) == 0) symbol = symbol.substr(0, 2) + std::string(below(9000), "PRIKNSTE"[below(8)]);
  for (uint64_t times = below(4); times > 0; times--)
    symbol[2 + below(symbol.size() - 2)] = static_cast<char>(1 + below(255));
  readable_name(symbol.c_str());
}

}  // namespace

int main(int count, char** arguments) {
  random_source.seed(strtoull(arguments[1], nullptr, 10));
  auto until = Clock::now() + std::chrono::milliseconds(atoi(arguments[2]));
  std::vector<std::string> files;
  for (int i = 3; i < count; i++) {
    std::ifstream file(arguments[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  long runs = 0, slowest = 0;
  int whole = whole_tables(), lines = whole_lines();
  for (; Clock::now() < until; runs++) {
    auto begin = Clock::now();
    if (runs % 4 == 0) {
      std::string bytes = files[below(files.size())];
      damage(&bytes);
      read_elf(bytes);
    }
    if (runs % 4 == 1) read_go_table();
    if (runs % 4 == 2) read_map();
    if (runs % 4 == 3) read_name();
    long took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
    slowest = std::max(slowest, took);
  }
  printf("{\"runs\":%ld,\"slowestMs\":%ld,\"wholeTables\":%d,\"wholeLines\":%d,\"wholeMap\":%d,\"wholeNames\":%d}\n", runs, slowest,
         whole, lines, whole_map(), whole_names());
}
