// ENOMEM and ENOBUFS, and ENFILE where files are left: the kernel would not give memory for a
// socket or a packet.
import { found, type Rule } from '../rule.ts';
import { callClaim, callParams, failedCall, tellCall } from './shared/failed-call.ts';
import { fileTable } from './shared/file-table.ts';

export const outOfMemory: Rule = {
  id: 'out-of-memory',
  title: 'out of memory',
  match(facts) {
    const table = facts.error === 'ENFILE' ? fileTable(facts) : null;
    const noInode = table?.full === false;
    if (!noInode && facts.error !== 'ENOMEM' && facts.error !== 'ENOBUFS') return null;
    const call = failedCall(facts);
    const end = facts.change(null, 7);
    return found(
      noInode ? 'likely' : 'certain',
      { call: call?.note, end: call ? null : end, files: table?.files },
      {
        ...(call && callParams(call)),
        open: table?.files.detail.open,
        most: table?.files.detail.most,
      },
    );
  },
  tell(told) {
    const most = told.number('most', Number.NaN);
    const limit = Number.isSafeInteger(most) ? `of ${most}` : 'without a limit';
    return {
      sentence: `${tellCall(told)}: the kernel would not give the memory for the socket or its packets.`,
      claims: [
        callClaim(told),
        { text: 'the socket was closed with this error', event: 'end' },
        {
          text: `files were left: the machine had ${told.number('open')} open, ${limit}: ENFILE then means that there was no memory for the inode of the socket`,
          event: 'files',
        },
      ],
      next: [
        'Is the memory of its cgroup used up? Look at memory.events of that cgroup: `max` and `oom` rise.',
        'Does TCP as a whole use too much? Compare `mem` in /proc/net/sockstat with net.ipv4.tcp_mem (both in pages).',
      ],
      command: 'cat /proc/net/sockstat /proc/sys/net/ipv4/tcp_mem',
    };
  },
};
