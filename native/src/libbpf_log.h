// What libbpf would print to stderr, kept for the sentence that a person reads when a
// program cannot be loaded.
#pragma once

#include <string>

namespace synscope {

// From now on libbpf is silent, and its warnings of this thread are kept.
void capture_libbpf_log();

// The kept warnings' most telling line; forgets them.
std::string take_libbpf_complaint();

}  // namespace synscope
