// Before 5.12 the address of a socket stands in for its cookie, and the kernel gives the
// address of a freed socket to a new one. Two sockets must never become one row.
import { expect, test } from 'vitest';
import { LifecycleRecorder, told } from '../../fixtures/lifecycle-recorder.ts';
import { connected, NETNS, refused, socket } from '../../fixtures/socket-story.ts';

const peer = '10.0.0.2:443';
const other = '10.0.0.3:80';

test('a socket at the address of a destroyed one is another connection', () => {
  const first = refused('curl', peer);
  const second = socket().by('wget', 200).to(other);
  second.cookie = first.cookie;
  second.after(5).connects().after(20).establishes().connectReturned(0);
  const { attempts } = told(first, second);
  expect(attempts).toMatchObject([
    { ordinal: 1, outcome: 'refused', owner: { comm: 'curl' }, remotePort: 443 },
    { ordinal: 1, outcome: 'open', owner: { comm: 'wget' }, remotePort: 80, errno: 0 },
  ]);
});

test('when the end of the first one was lost, the second still is another one', () => {
  const first = connected('curl', peer);
  const second = socket().by('wget', 200).to(other);
  second.cookie = first.cookie;
  second.after(50).connects();
  const { attempts } = new LifecycleRecorder().hears(first, second).waitsUntil(300);
  expect(attempts).toMatchObject([
    { outcome: 'unknown', incomplete: true, owner: { comm: 'curl' } },
    { outcome: 'connecting', incomplete: false, owner: { comm: 'wget' }, remotePort: 80 },
  ]);
});

test('what a scan found of the first one is not told of the second', () => {
  const recorder = new LifecycleRecorder();
  recorder.lifecycle.scanBegins();
  const first = connected('curl', peer);
  recorder.hears(first);
  // Read by the iterator while the first still was there, handed over after its end.
  const late = socket().by('curl').to(peer).after(30);
  late.cookie = first.cookie;
  late.found('ESTABLISHED', { received: 5000 }).found('ESTABLISHED', { fd: 9 });
  first.after(20).goes('ESTABLISHED', 'CLOSE', { by: 'owner' }).destroyed();
  const begun = socket().by('wget', 200).to(other).after(60);
  begun.cookie = first.cookie;
  begun.connects();
  recorder.hears(first, begun, late);
  recorder.lifecycle.scanEnded(70e6, new Set([NETNS]));
  recorder.waitsUntil(300);
  expect(recorder.attempts).toMatchObject([
    { owner: { comm: 'curl' }, outcome: 'reset' },
    { owner: { comm: 'wget' }, fd: null, bytesReceived: 0, outcome: 'connecting' },
  ]);
});
