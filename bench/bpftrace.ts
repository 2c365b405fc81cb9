// bpftrace scripts that print what Synscope records, for comparison. Tracepoints only, as
// somebody would write them who wants these facts today.
import { execFileSync } from 'node:child_process';

/** `%s` of the two ends of a socket in the tracepoints that carry them. */
const ENDS = 'ntop(args->saddr), args->sport, ntop(args->daddr), args->dport';

const STATE = `tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
  printf("%llu state %d %s %d %d %s:%d %s:%d\\n", nsecs, pid, comm, args->oldstate, args->newstate, ${ENDS});
}`;

/** SYN_SENT → CLOSE has its stacks. */
const STATE_WITH_STACKS_OF_FAILURES = `tracepoint:sock:inet_sock_set_state /args->protocol == 6 && (args->oldstate != 2 || args->newstate != 7)/ {
  printf("%llu state %d %s %d %d %s:%d %s:%d\\n", nsecs, pid, comm, args->oldstate, args->newstate, ${ENDS});
}
tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->oldstate == 2 && args->newstate == 7/ {
  printf("%llu state %d %s %d %d %s:%d %s:%d %s %s\\n", nsecs, pid, comm, args->oldstate, args->newstate, ${ENDS}, kstack, ustack);
}`;

const STATE_WITH_STACKS = `tracepoint:sock:inet_sock_set_state /args->protocol == 6/ {
  printf("%llu state %d %s %d %d %s:%d %s:%d %s %s\\n", nsecs, pid, comm, args->oldstate, args->newstate, ${ENDS}, kstack, ustack);
}`;

const REST = `
tracepoint:tcp:tcp_retransmit_skb { printf("%llu retransmit %s:%d %s:%d\\n", nsecs, ${ENDS}); }
tracepoint:tcp:tcp_receive_reset { printf("%llu reset-received %s:%d %s:%d %llx\\n", nsecs, ${ENDS}, args->sock_cookie); }
tracepoint:tcp:tcp_send_reset { printf("%llu reset-sent %d\\n", nsecs, args->state); }
tracepoint:tcp:tcp_destroy_sock { printf("%llu destroy %s:%d %s:%d %llx\\n", nsecs, ${ENDS}, args->sock_cookie); }
tracepoint:syscalls:sys_enter_connect { @fd[tid] = args->fd; }
tracepoint:syscalls:sys_exit_connect {
  printf("%llu connect %d %s fd %d = %d\\n", nsecs, pid, comm, @fd[tid], args->ret);
  delete(@fd[tid]);
}
tracepoint:syscalls:sys_exit_accept { printf("%llu accept %d %s = %d\\n", nsecs, pid, comm, args->ret); }
tracepoint:syscalls:sys_exit_accept4 { printf("%llu accept %d %s = %d\\n", nsecs, pid, comm, args->ret); }
`;

export const BPFTRACE_FACTS = STATE + REST;
export const BPFTRACE_FAILURES = STATE_WITH_STACKS_OF_FAILURES + REST;
export const BPFTRACE_STACKS = STATE_WITH_STACKS + REST;

/** Why bpftrace cannot be compared with; null when it can. */
export function whyNoBpftrace(): string | null {
  try {
    execFileSync('bpftrace', ['--version'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'bpftrace is not installed';
  }
}

/** e.g. `bpftrace v0.17.0`. */
export function bpftraceVersion(): string {
  return execFileSync('bpftrace', ['--version'], { encoding: 'utf8' }).trim();
}
