// See unwinder.h. The way of one stack is in unwinding.cc.
#include "unwinder.h"

#include <cstring>

#include "unwinding.h"

namespace synscope {

namespace {

constexpr size_t kImages = 32;
constexpr uint64_t kPage = 4096;
// Processes remembered for when their mappings were read again, and how often that may be.
constexpr size_t kRereads = 1024;
constexpr uint64_t kRereadNs = 1'000'000'000;

#if defined(__aarch64__)
constexpr size_t kProgramCounter = 32;
#else
constexpr size_t kProgramCounter = 16;
#endif

}  // namespace

bool StackCopy::read(uint64_t address, uint64_t* word) const {
  uint64_t offset = address - start;
  if (offset >= bytes.size() || bytes.size() - offset < sizeof(*word)) return false;
  uint64_t last = (offset + sizeof(*word) - 1) / kPage;
  if (!(readable >> (offset / kPage) & 1) || !(readable >> last & 1)) return false;
  memcpy(word, bytes.data() + offset, sizeof(*word));
  return true;
}

Unwinder::Unwinder(Mappings& mappings) : mappings_(mappings), files_(mappings.files()) {}

std::vector<UnwoundFrame> Unwinder::unwind(uint32_t tgid, uint64_t time_ns,
                                           const StackCopy& copy) {
  uint64_t counter = copy.registers.size() > kProgramCounter ? copy.registers[kProgramCounter] : 0;
  auto image = image_of(tgid, time_ns, counter);
  // Whoever names the frame says why.
  if (!image) return {{counter, counter, "cfi", ""}};
  Unwinding unwinding(*image, mappings_.files(), copy);
  auto frames = unwinding.run();
  if (!unwinding.met_unknown_code() || !may_reread(tgid, time_ns)) return frames;
  // V8 maps room for its code without the right to run it, and asks for that later.
  if (!mappings_.read_proc(tgid, time_ns, true)) return frames;
  image = cached_image(tgid, time_ns);
  return image ? Unwinding(*image, mappings_.files(), copy).run() : frames;
}

// A word that only looks like a return address must not have /proc read for every stack.
bool Unwinder::may_reread(uint32_t tgid, uint64_t time_ns) {
  if (reread_ns_.size() > kRereads) reread_ns_.clear();
  auto [last, first] = reread_ns_.try_emplace(tgid, time_ns);
  if (!first && time_ns < last->second + kRereadNs) return false;
  last->second = time_ns;
  return true;
}

// What the kernel did not tell, the process itself may still know.
std::shared_ptr<ProcessImage> Unwinder::image_of(uint32_t tgid, uint64_t time_ns,
                                                 uint64_t address) {
  auto image = cached_image(tgid, time_ns);
  if (image && image->code_at(address) != nullptr) return image;
  if (!mappings_.read_proc(tgid, time_ns, true)) return image;
  return cached_image(tgid, time_ns);
}

std::shared_ptr<ProcessImage> Unwinder::cached_image(uint32_t tgid, uint64_t time_ns) {
  auto mappings = mappings_.image_at(tgid, time_ns);
  if (!mappings) return nullptr;
  for (auto known = images_.begin(); known != images_.end(); ++known) {
    if (!known->image->is_of(mappings, time_ns)) continue;
    images_.splice(images_.begin(), images_, known);
    return known->image;
  }
  // What this process had mapped before is of no use any more.
  images_.remove_if([tgid](const Known& known) { return known.tgid == tgid; });
  if (images_.size() >= kImages) images_.pop_back();
  images_.push_front({tgid, std::make_shared<ProcessImage>(mappings, time_ns, files_)});
  return images_.front().image;
}

}  // namespace synscope
