// A record that must have been there and did not come marks its row, though nothing is
// counted as lost.
import { expect, test } from 'vitest';
import { told } from '../../fixtures/lifecycle-recorder.ts';
import { connected, connecting } from '../../fixtures/socket-story.ts';

test('as many SYNs sent again as the kernel counted: the row is whole', () => {
  const story = connecting('nc', '10.0.0.2:81')
    .retransmits('SYN_SENT', 1000, 1)
    .retransmits('SYN_SENT', 2000, 2)
    .goes('SYN_SENT', 'CLOSE', { by: 'owner', retransmits: 2 });
  expect(told(story.destroyed()).attempt).toMatchObject({ retransmits: 2, incomplete: false });
});

test('a SYN sent again between two that were told marks the row', () => {
  const story = connecting('nc', '10.0.0.2:81')
    .retransmits('SYN_SENT', 1000, 1)
    .retransmits('SYN_SENT', 4000, 3);
  expect(told(story).attempt).toMatchObject({ retransmits: 3, incomplete: true });
});

test.each(['CLOSE', 'ESTABLISHED'] as const)(
  'the last SYN sent again was not told before %s: the row is marked',
  (end) => {
    const story = connecting('nc', '10.0.0.2:81')
      .retransmits('SYN_SENT', 1000, 1)
      .goes('SYN_SENT', end, { retransmits: 2 });
    expect(told(story).attempt).toMatchObject({ retransmits: 2, incomplete: true });
  },
);

test('data of several segments in one retransmission is no gap', () => {
  const story = connected('curl', '10.0.0.2:443')
    .retransmits('ESTABLISHED', 200, 4)
    .goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner', retransmits: 6 });
  expect(told(story).attempt).toMatchObject({ retransmits: 6, incomplete: false });
});

test('a change of state from another state than the last one marks the row', () => {
  const story = connecting('curl', '10.0.0.2:443').goes('ESTABLISHED', 'FIN_WAIT1', {
    by: 'owner',
  });
  expect(told(story).attempt).toMatchObject({ incomplete: true });
  const whole = connected('curl', '10.0.0.2:443').goes('ESTABLISHED', 'FIN_WAIT1', { by: 'owner' });
  expect(told(whole).attempt).toMatchObject({ incomplete: false });
});

test('a copy that could not go out (-EBUSY) is no retransmission', () => {
  const story = connected('curl', '10.0.0.2:443')
    .retransmits('ESTABLISHED', 200, 1)
    .retransmits('ESTABLISHED', 200, 1)
    .retransmits('ESTABLISHED', 400, 2);
  const { attempt, events } = told(story);
  expect(attempt.retransmits).toBe(2);
  expect(events.filter(({ kind }) => kind === 'retransmit')).toHaveLength(2);
});
