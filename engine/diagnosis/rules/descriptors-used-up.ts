// EMFILE and ENFILE: no number is left for one more open file.
import { found, type Rule } from '../rule.ts';
import { plural, whoFirst } from '../words.ts';
import { callClaim, callName, callParams, failedCall } from './shared/failed-call.ts';
import { fileTable } from './shared/file-table.ts';

export const descriptorsUsedUp: Rule = {
  id: 'descriptors-used-up',
  title: 'out of descriptors',
  match(facts) {
    if (facts.error !== 'EMFILE' && facts.error !== 'ENFILE') return null;
    const whole = facts.error === 'ENFILE';
    const table = whole ? fileTable(facts) : null;
    if (table?.full === false) return null;
    const call = failedCall(facts);
    const descriptors = facts.context('descriptors');
    return found(
      whole && !table ? 'possible' : call ? 'certain' : 'likely',
      { call: call?.note, descriptors, files: table?.files },
      {
        ...(call && callParams(call)),
        whole,
        uncounted: whole && !table,
        open: descriptors?.detail.open ?? table?.files.detail.open,
        limit: descriptors?.detail.limit ?? table?.files.detail.most ?? call?.descriptorLimit,
      },
    );
  },
  tell(told) {
    const { row } = told;
    const whole = told.flag('whole') || row.error === 'ENFILE';
    const limit = told.has('limit') ? ` of ${told.number('limit')}` : '';
    const ofWhom = whole
      ? 'the whole machine (fs.file-max)'
      : `the process (RLIMIT_NOFILE${limit})`;
    const reached = told.flag('uncounted')
      ? 'is reached, or there was no memory for a socket'
      : 'is reached';
    const open = plural(told.number('open'), 'descriptor');
    return {
      sentence: `${whoFirst(row)} could not open one more socket: ${callName(told)} failed because the limit of open files of ${ofWhom} ${reached}.`,
      claims: [
        callClaim(told),
        { text: `the process had ${open} open, with a limit${limit}`, event: 'descriptors' },
        { text: `the machine had ${told.number('open')} files open${limit}`, event: 'files' },
      ],
      next: whole
        ? [
            'Which processes hold the files? Compare `cat /proc/sys/fs/file-nr` with fs.file-max.',
            'Far below it? Then there was no memory for the socket: the kernel says ENFILE then, too.',
          ]
        : [
            'Does the process close its sockets? Many in CLOSE-WAIT are connections that it forgot.',
            'If it really needs that many: raise LimitNOFILE of its unit, or `ulimit -n`.',
          ],
      command: whole ? 'cat /proc/sys/fs/file-nr' : `ls -l /proc/${pidIn(row.pid)}/fd | wc -l`,
    };
  },
};

function pidIn(pid: number | null): string {
  return pid !== null && Number.isInteger(pid) && pid > 0 ? String(pid) : 'PID';
}
