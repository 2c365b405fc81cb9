import { expect, test } from 'vitest';
import { placeOf } from '../../../engine/lifecycle/cgroup.ts';
import { LifecycleRecorder, quietHost } from '../../fixtures/lifecycle-recorder.ts';
import { connecting, socket } from '../../fixtures/socket-story.ts';

const ID = '3f4e8c0d9b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e';

test.each([
  ['/system.slice/nginx.service', 'nginx.service', null],
  ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service', null],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-12.scope',
    'app-firefox-12.scope',
    null,
  ],
  ['/system.slice/dev\\x2ddisk.service', 'dev-disk.service', null],
  [`/system.slice/docker-${ID}.scope`, `docker-${ID}.scope`, ID],
  [`/docker/${ID}`, null, ID],
  [
    `/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`,
    `cri-containerd-${ID}.scope`,
    ID,
  ],
  [`/kubepods/burstable/pod0f6a1c2e-1111-2222-3333-444455556666/${ID}`, null, ID],
  [`/machine.slice/libpod-${ID}.scope/container`, `libpod-${ID}.scope`, ID],
  ['/lxc.payload.web/system.slice/nginx.service', 'nginx.service', 'web'],
  ['/lxc/db', null, 'db'],
  ['/', null, null],
])('%s', (path, unit, container) => {
  expect(placeOf(path)).toEqual({ unit, container });
});

test('a PROCESS record tells executable, arguments and cgroup', () => {
  const story = socket().by('curl').to('10.0.0.2:443');
  story.introduces({
    cmdline: ['curl', '-s', 'https://example.test/'],
    exe: ['curl', 'bin', 'usr'],
    cgroup: ['cron.service', 'system.slice'],
  });
  const { attempt } = new LifecycleRecorder().hears(story.connects());
  expect(attempt.owner).toMatchObject({
    exe: '/usr/bin/curl',
    cmdline: ['curl', '-s', 'https://example.test/'],
    cgroup: '/system.slice/cron.service',
    unit: 'cron.service',
    user: 'ada',
  });
});

test('Node, whose main thread renames itself, is called by its executable', () => {
  const story = socket().by('MainThread').to('10.0.0.2:443');
  story.introduces({ exe: ['node', 'bin', 'usr'] });
  const { attempt } = new LifecycleRecorder().hears(story.connects());
  expect(attempt.owner?.comm).toBe('node');
});

test('a process that no record told about is completed from /proc', () => {
  const recorder = new LifecycleRecorder({
    ...quietHost,
    describe: (pid) => ({
      comm: 'python3',
      exe: '/usr/bin/python3',
      cmdline: ['python3', 'x.py'],
      cgroup: '/',
      parentPid: pid - 1,
    }),
  });
  recorder.hears(connecting('worker-1', '10.0.0.2:443')).waitsUntil(50);
  expect(recorder.attempt.owner).toMatchObject({
    comm: 'python3',
    exe: '/usr/bin/python3',
    cmdline: ['python3', 'x.py'],
  });
  expect(recorder.attempt.threadComm).toBe('worker-1');
});

test('a pid that was used again is another process', () => {
  const recorder = new LifecycleRecorder().hears(connecting('curl', '10.0.0.2:443'));
  recorder.hears(socket().by('wget', 100, 5000).to('10.0.0.2:443').connects());
  expect(recorder.attempts.map(({ owner }) => [owner?.pid, owner?.comm])).toEqual([
    [100, 'curl'],
    [100, 'wget'],
  ]);
  expect(recorder.images.size).toBe(2);
});
