// See unwinding.h.
#include "unwinding.h"

#include <string_view>

#include "call_site.h"

// elfutils 0.188; without it nothing is known where its tables end.
extern "C" int dwfl_frame_reg(Dwfl_Frame*, unsigned, Dwarf_Word*) __attribute__((weak));

namespace synscope {

namespace {

#if defined(__aarch64__)
constexpr size_t kFramePointer = 29, kStackPointer = 31, kProgramCounter = 32, kGiven = 32;
#else
constexpr size_t kFramePointer = 6, kStackPointer = 7, kProgramCounter = 16, kGiven = 17;
#endif

// 16 KiB of stack rarely hold more.
constexpr size_t kMostFrames = 192;
// A warm stack takes 0.05 ms; the tables of a large program are read first.
constexpr auto kMostTime = std::chrono::milliseconds(250);
// CPython's trampolines (-X perf) come in arenas of 16 pages; V8 and Java map more.
constexpr uint64_t kTrampolineArena = 64 * 1024;
// What systems give a stack (ulimit -s): what lies further above the copy is another stack.
constexpr uint64_t kLargestStack = 8 * 1024 * 1024;
constexpr uint64_t kFunctionAlignment = 16;  // of all but hand-written code
constexpr pid_t kThread = 1;  // the only one there is

constexpr char kCopyEnded[] = "the copied part of the stack (16 KiB) ends here";
constexpr char kElsewhere[] = "the stack goes on elsewhere: another stack was not copied";
constexpr char kUnknownCode[] =
    "in no known code of the process: the way here went wrong, perhaps at a switch of stacks";
constexpr char kMayMiss[] = "no unwind information: callers may be missing here";
constexpr char kTooDeep[] = "deeper than is unwound";
constexpr char kTooLong[] = "unwinding took too long";
constexpr char kCircle[] = "its unwind information leads in a circle";

Unwinding* unwinding_of(void* slot) { return static_cast<Unwinding*>(*static_cast<void**>(slot)); }

pid_t next_thread(Dwfl*, void* slot, void** thread) {
  if (*thread != nullptr) return 0;
  *thread = slot;
  return kThread;
}

bool get_thread(Dwfl*, pid_t, void* slot, void** thread) {
  *thread = slot;
  return true;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* slot) {
  uint64_t found = 0;
  if (!unwinding_of(slot)->read(address, &found)) return false;
  *word = found;
  return true;
}

bool set_registers(Dwfl_Thread* thread, void* slot) {
  return unwinding_of(slot)->set_registers(thread);
}

int on_frame(Dwfl_Frame* frame, void* unwinding) {
  return static_cast<Unwinding*>(unwinding)->frame(frame);
}

const Dwfl_Thread_Callbacks kCallbacks = {next_thread,   get_thread, read_memory,
                                          set_registers, nullptr,    nullptr};

}  // namespace

Unwinding::Unwinding(ProcessImage& image, ElfFiles& files, const StackCopy& copy)
    : image_(image),
      files_(files),
      copy_(copy),
      deadline_(std::chrono::steady_clock::now() + kMostTime) {
  for (size_t i = 0; i < copy.registers.size() && i < registers_.size(); i++)
    registers_[i] = copy.registers[i];
  counter_ = registers_[kProgramCounter];
}

bool Unwinding::read(uint64_t address, uint64_t* word) {
  if (copy_.read(address, word)) return true;
  read_failed_ = true;
  failed_at_ = address;
  return false;
}

bool Unwinding::set_registers(Dwfl_Thread* thread) {
  Dwarf_Word words[kGiven];
  for (size_t i = 0; i < kGiven; i++) words[i] = i == kProgramCounter ? counter_ : registers_[i];
  if (!dwfl_thread_state_registers(thread, 0, kGiven, words)) return false;
  dwfl_thread_state_register_pc(thread, counter_);
  return true;
}

std::vector<UnwoundFrame> Unwinding::run() {
  add(counter_, counter_, quality_);
  do {
    stop_ = Stop::kNoInformation;
    if (image_.has_unwind_information(counter_)) run_libdwfl();
  } while (stop_ == Stop::kBegun ||
           ((stop_ == Stop::kNoInformation || stop_ == Stop::kBroken) && step()));
  return std::move(frames_);
}

// libdwfl's own way along frame pointers (ebl_unwind) is never taken: it does not say so,
// and does not look whether what it finds is code. So each frame is asked for its unwind
// information before libdwfl goes on from it.
void Unwinding::run_libdwfl() {
  Dwfl* dwfl = image_.attached(&kCallbacks, this);
  if (dwfl == nullptr) return;
  first_ = true;
  read_failed_ = false;
  stop_ = Stop::kEnd;
  int ended = dwfl_getthread_frames(dwfl, kThread, on_frame, this);
  // A return address that cannot be read looks like the end of the stack.
  if (ended < 0 || (ended == 0 && read_failed_)) stop_ = Stop::kBroken;
}

int Unwinding::frame(Dwfl_Frame* state) {
  Dwarf_Addr counter = 0;
  if (!dwfl_frame_pc(state, &counter, nullptr)) return DWARF_CB_ABORT;
  if (first_) {  // added by whoever began here
    first_ = false;
    return DWARF_CB_OK;
  }
  read_failed_ = false;
  uint64_t before = registers_[kStackPointer];
  for (size_t i = 0; dwfl_frame_reg != nullptr && i < kProgramCounter; i++) {
    Dwarf_Word word = 0;
    registers_[i] = dwfl_frame_reg(state, i, &word) == 0 ? word : 0;
  }
  counter_ = counter - 1;
  bool known = image_.has_unwind_information(counter_);
  // The frame below a signal handler stands at an instruction, not behind a call; asking
  // for it makes libdwfl unwind one frame further.
  bool interrupted = false;
  if (known || image_.has_unwind_information(counter)) dwfl_frame_pc(state, &counter, &interrupted);
  bool begun = !interrupted && stands_at_begin(counter, known);
  if (interrupted || begun) counter_ = counter;
  bool went_up = interrupted || dwfl_frame_reg == nullptr || registers_[kStackPointer] > before;
  bool copied = registers_[kStackPointer] >= copy_.start;
  if (!went_up) frames_.back().problem = copied ? kCircle : kElsewhere;
  if (!went_up || !add(counter, counter_, "cfi")) {
    stop_ = Stop::kEnough;
    return DWARF_CB_ABORT;
  }
  if (!begun && (known || interrupted)) return DWARF_CB_OK;
  stop_ = begun ? Stop::kBegun : Stop::kNoInformation;
  return DWARF_CB_ABORT;
}

// Whether it is the first instruction of a function that nobody called: makecontext(3) and
// the like put its address on the stack. libdwfl would take the function before it.
bool Unwinding::stands_at_begin(uint64_t address, bool known_before) {
  if (known_before && address % kFunctionAlignment != 0) return false;
  const CodeRange* code = image_.code_at(address);
  return code != nullptr && code->file && image_.has_unwind_information(address) &&
         !returns_to(address, false);
}

// False when there is enough of them.
bool Unwinding::add(uint64_t address, uint64_t call, const char* quality) {
  frames_.push_back({address, call, quality, ""});
  if (frames_.size() >= kMostFrames) return end(kTooDeep);
  if (std::chrono::steady_clock::now() >= deadline_) return end(kTooLong);
  return true;
}

bool Unwinding::end(std::string problem) {
  frames_.back().problem = std::move(problem);
  return false;
}

// One frame without unwind information. False when there is none, with the reason.
bool Unwinding::step() {
  if (read_failed_ && stop_ == Stop::kBroken) {
    bool beyond = failed_at_ - copy_.start < kLargestStack;
    return end(beyond ? kCopyEnded : kElsewhere);
  }
  const CodeRange* code = image_.code_at(counter_);
  if (code == nullptr) {
    met_unknown_code_ = true;
    return end(kUnknownCode);
  }
  bool small = code->is_jit() && code->mapped_bytes <= kTrampolineArena;
  if (small && step_over_trampoline()) return true;
  if (code->file && frames_.size() == 1 && step_over_stub()) return true;
  if (step_along_frame_pointer()) return true;
  if (code->is_jit() && !small && step_over_trampoline()) return true;
  return !frames_.back().problem.empty() ? false : end(why_no_caller());
}

std::string Unwinding::why_no_caller() const {
  const CodeRange* code = image_.code_at(counter_);
  if (code->is_jit()) return "compiled at run time: nothing tells its caller";
  std::string name = code->file ? code->file->path : code->name;
  name = name.substr(name.rfind('/') + 1);
  return (image_.has_file(counter_) ? "no unwind information in " + name : name + " cannot be read") +
         ": its caller is not known";
}

// CPython's trampoline (Python/asm_trampoline.S, x86-64) reserves one word and calls.
bool Unwinding::step_over_trampoline() {
#if defined(__x86_64__)
  uint64_t stack_pointer = registers_[kStackPointer], back;
  if (!copy_.read(stack_pointer + 8, &back) || !returns_to(back, false)) return false;
  return go_to(back, stack_pointer + 16, "guess");
#else
  return false;
#endif
}

// A function that sets up no frame, as those that only make a syscall: its caller lies at the
// stack pointer, and the frame pointer is the caller's.
bool Unwinding::step_over_stub() {
#if defined(__x86_64__)
  uint64_t stack_pointer = registers_[kStackPointer], back;
  if (!copy_.read(stack_pointer, &back) || image_.code_at(back) == nullptr) return false;
  return returns_to(back, false) && go_to(back, stack_pointer + 8, "guess");
#else
  return false;
#endif
}

// Right only if the function has set up a frame, which nothing tells.
bool Unwinding::step_along_frame_pointer() {
  uint64_t frame = registers_[kFramePointer], caller_frame, back;
  if (frame % 8 != 0 || frame < registers_[kStackPointer]) return false;
  if (!copy_.read(frame, &caller_frame) || !copy_.read(frame + 8, &back)) return false;
  if (!returns_to(back, true)) return false;
  registers_[kFramePointer] = caller_frame;
  bool walking = std::string_view(frames_.back().quality) == "frame-pointer";
  if (!walking && image_.code_at(counter_)->file) frames_.back().problem = kMayMiss;
  return go_to(back, frame + 16, "frame-pointer");
}

bool Unwinding::go_to(uint64_t return_address, uint64_t stack_pointer, const char* quality) {
  registers_[kStackPointer] = stack_pointer;
  counter_ = return_address - 1;  // libdwfl takes it as the place where the program stands
  return add(return_address, counter_, quality);
}

// Whether a call could return there: the code of a file is looked at, other code is gone.
bool Unwinding::returns_to(uint64_t address, bool jit_will_do) {
  uint8_t before[kCallBytes];
  if (address < kCallBytes) return false;
  const CodeRange* code = image_.code_at(address - kCallBytes);
  if (code == nullptr) {
    met_unknown_code_ = true;
    return false;
  }
  if (!code->file) return jit_will_do && code->is_jit();
#if defined(__x86_64__)
  uint64_t offset = address - kCallBytes - code->start + code->file_offset;
  return files_.read(code->file, offset, before, sizeof(before)) && ends_with_call(before);
#else
  (void)before;
  return true;
#endif
}

}  // namespace synscope
