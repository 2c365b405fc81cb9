import { expect, test } from 'vitest';
import {
  differences,
  factsOf,
  type KernelFacts,
  pageWith,
  readPage,
  table,
} from '../../kernels/hooks.ts';
import { insertionOrder } from '../../kernels/initramfs.ts';
import { KERNELS, packagesOf } from '../../kernels/kernels.ts';

const doctor = {
  findings: [
    { name: 'kernel', level: 'ok', found: 'Linux 5.10.0' },
    { name: 'hook state', level: 'ok', found: 'tp_btf/state' },
    { name: 'hook error', level: 'warn', found: 'tp_btf/error: not in this kernel' },
    { name: 'syscall hooks', level: 'ok', found: 'fexit on the functions: nothing' },
  ],
};
const facts = factsOf('5.10.0', doctor) as KernelFacts;

test('the table in docs/kernels.md is the one of test/kernels/hooks/', () => {
  expect(readPage(), 'npm run test:kernels -- accept').toBe(pageWith(readPage(), table()));
});

test('what a kernel lacks is in the table, with the reason below', () => {
  const lines = table([facts]).split('\n');
  expect(lines).toContain('| state | `tp_btf/state` |');
  expect(lines).toContain('| error | no [1] |');
  expect(lines).toContain('[1] tp_btf/error: not in this kernel');
  expect(lines).toContain('| syscalls are seen by | fexit on the functions |');
});

test('a hook that attaches no more is a difference, and so is one that begins to', () => {
  expect(differences(facts, facts)).toEqual([]);
  const other = factsOf('5.10.0', {
    findings: doctor.findings.map((one) =>
      one.name === 'hook error' ? { ...one, level: 'ok', found: 'tp_btf/error' } : one,
    ),
  }) as KernelFacts;
  expect(differences(facts, other)).toHaveLength(1);
  expect(differences(null, facts)).toHaveLength(3);
  expect(factsOf('5.10.0', null)).toBeNull();
});

test('the newest release of a kernel is taken, and no other build of it', () => {
  const named = (name: string) => {
    const kernel = KERNELS.find((one) => one.name === name);
    if (!kernel) throw new Error(`no kernel ${name}`);
    return kernel;
  };
  const names = [
    'linux-image-5.10.0-9-amd64',
    'linux-image-5.10.0-32-amd64',
    'linux-image-5.10.0-32-cloud-amd64',
    'linux-image-amd64',
    'linux-binary-7.2.9+deb14-amd64',
    'linux-binary-7.2.13+deb14-amd64',
    'linux-binary-unsigned-7.2.13+deb14-amd64',
  ];
  expect(packagesOf(named('5.10'), names)).toEqual({
    release: '5.10.0-32-amd64',
    packages: ['linux-image-5.10.0-32-amd64'],
  });
  expect(packagesOf(named('sid'), names)?.packages).toEqual([
    'linux-binary-7.2.13+deb14-amd64',
    'linux-modules-7.2.13+deb14-amd64',
  ]);
  expect(packagesOf(named('6.1'), names)).toBeNull();
});

test('modules are inserted after those that they need, and once', () => {
  const dep = [
    'kernel/net/9p/9pnet.ko:',
    'kernel/net/9p/9pnet_virtio.ko: kernel/net/9p/9pnet.ko kernel/drivers/virtio/virtio.ko',
    'kernel/drivers/virtio/virtio.ko:',
    'kernel/fs/9p/9p.ko.xz: kernel/net/9p/9pnet.ko',
  ].join('\n');
  const order = insertionOrder(dep, ['9pnet_virtio', '9p', 'built-in']);
  expect(order).toHaveLength(4);
  expect(order.indexOf('kernel/net/9p/9pnet.ko')).toBeLessThan(
    order.indexOf('kernel/fs/9p/9p.ko.xz'),
  );
  expect(order.at(-1)).toBe('kernel/fs/9p/9p.ko.xz');
});
