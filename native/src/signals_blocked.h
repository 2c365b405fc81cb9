// While one of these lives, its thread takes no signals. The verifier gives up with EAGAIN
// when a signal waits for the thread that loads a program (bpf_check -> do_check,
// kernel/bpf/verifier.c, Linux 5.10 to 7.2), and libbpf tries no more than five times: the
// timer of a profiler, or a terminal that changes its size, would cost the capture a hook.
#pragma once

#include <csignal>

namespace synscope {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace synscope
