// Backlogs without room, as the kernel's counters and the scans of listeners tell of them.
import { expect, test } from 'vitest';
import { queueThatFilled } from '../../../engine/context/machine-context.ts';
import type { ContextDetail } from '../../../engine/diagnosis/context.ts';
import { connecting } from '../../fixtures/socket-story.ts';
import { judged } from './verdict.ts';

/** SYNs that nobody answers, until the kernel gives up. */
function silent(to = '10.0.0.2:443', syns = 3) {
  const story = connecting('curl', to);
  for (let again = 1; again < syns; again++) story.after(1000).retransmits('SYN_SENT', 1000, again);
  return story.after(1000).goes('SYN_SENT', 'CLOSE', { error: 'ETIMEDOUT' });
}

test.each([
  ['ListenOverflows', 'accept queue', 'likely'],
  ['TCPReqQFullDrop', 'SYN queue', 'likely'],
  ['ListenDrops', 'backlog', 'possible'],
])('a listener here had no room: %s', (name, queue, confidence) => {
  const nginx = { about: 'listener', listeners: 1, pid: 812, comm: 'nginx' } as const;
  const listener: ContextDetail = { ...nginx, dropped: true };
  const counters: ContextDetail = { about: 'counters', rose: { [name]: 3, ListenDrops: 3 } };
  const { verdict, proofs } = judged([silent('127.0.0.1:80')], [listener, counters]);
  expect(verdict).toMatchObject({ id: 'backlog-overflow', confidence });
  expect(verdict?.evidence[1]?.text).toContain('its own count of packets thrown away rose');
  expect(verdict?.sentence).toContain(`The ${queue} of the listener at 127.0.0.1:80`);
  expect(proofs).toEqual(['context', 'context']);
});

test('a listener that was not seen without room is not accused', () => {
  const listener: ContextDetail = { about: 'listener', listeners: 1, pid: 812, comm: 'nginx' };
  const overflows = (rose: number): ContextDetail => {
    return { about: 'counters', rose: { ListenOverflows: rose, ListenDrops: rose } };
  };
  const { verdict } = judged([silent('127.0.0.1:80')], [listener, overflows(3)]);
  expect(verdict).toMatchObject({ id: 'backlog-overflow', confidence: 'possible' });
  expect(verdict?.sentence).toContain('another listener of its network namespace may be meant');
  expect(verdict?.sentence).not.toContain('nginx');
  // Six SYNs without an answer, and one overflow: that is another's.
  const six = () => silent('127.0.0.1:80', 6);
  const full: ContextDetail = { ...listener, full: true };
  expect(judged([six()], [full, overflows(1)]).verdict?.id).toBe('silence');
  expect(judged([six()], [full, overflows(6)]).verdict).toMatchObject({
    id: 'backlog-overflow',
    confidence: 'likely',
  });
});

test('overflows elsewhere are only possible, and none where nobody listens', () => {
  const counters: ContextDetail = { about: 'counters', rose: { ListenOverflows: 3 } };
  expect(judged([silent()], [counters]).verdict).toMatchObject({
    id: 'backlog-overflow',
    confidence: 'possible',
  });
  const nobody: ContextDetail = { about: 'listener', listeners: 0, pid: null, comm: null };
  expect(judged([silent('127.0.0.1:80')], [counters, nobody]).verdict?.id).toBe('silence');
});

test('what TCP_DEFER_ACCEPT leaves for later does not accuse a listener', () => {
  const nginx = { about: 'listener', listeners: 1, pid: 812, comm: 'nginx' } as const;
  const rose = { ListenOverflows: 3, ListenDrops: 3, TCPDeferAcceptDrop: 1 };
  const dropped: ContextDetail = { ...nginx, dropped: true };
  const counters: ContextDetail = { about: 'counters', rose };
  const { verdict } = judged([silent('127.0.0.1:80')], [dropped, counters]);
  expect(verdict).toMatchObject({ id: 'backlog-overflow', confidence: 'possible' });
  expect(verdict?.sentence).toContain('another listener of its network namespace may be meant');
});

test.each([
  [{ ListenOverflows: 3 }, 3, 'accept'],
  [{ ListenOverflows: 5 }, 3, 'accept'],
  [{ TCPReqQFullDrop: 3 }, 3, 'syn'],
  [{ ListenOverflows: 1, TCPReqQFullDrop: 2 }, 3, 'accept'],
  [{ ListenOverflows: 2 }, 3, 'accept'],
  [{ ListenOverflows: 1 }, 3, null],
  [{ ListenOverflows: 9, TCPDeferAcceptDrop: 1 }, 3, null],
  [{ ListenDrops: 3 }, 3, null],
  [null, 3, null],
] as const)('the queue that explains the drops of a listener: %j of %i', (rose, dropped, queue) => {
  expect(queueThatFilled(rose, dropped)).toBe(queue);
});
