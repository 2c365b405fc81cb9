// ENOMEM and ENOBUFS: the kernel would not give memory for a socket or a packet.
import { found, type Rule } from '../rule.ts';
import { callClaim, callParams, failedCall, tellCall } from './shared/failed-call.ts';

export const outOfMemory: Rule = {
  id: 'out-of-memory',
  title: 'out of memory',
  match(facts) {
    if (facts.error !== 'ENOMEM' && facts.error !== 'ENOBUFS') return null;
    const call = failedCall(facts);
    const end = facts.change(null, 7);
    return found(
      'certain',
      { call: call?.note, end: call ? null : end },
      call ? callParams(call) : {},
    );
  },
  tell(told) {
    return {
      sentence: `${tellCall(told)}: the kernel would not give the memory for the socket or its packets.`,
      claims: [callClaim(told), { text: 'the socket was closed with this error', event: 'end' }],
      next: [
        'Is the memory of its cgroup used up? Look at memory.events of that cgroup: `max` and `oom` rise.',
        'Does TCP as a whole use too much? Compare `mem` in /proc/net/sockstat with net.ipv4.tcp_mem (both in pages).',
      ],
      command: 'cat /proc/net/sockstat /proc/sys/net/ipv4/tcp_mem',
    };
  },
};
