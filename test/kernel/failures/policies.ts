// Policies of the machine that say no. Part of scenarios.ts.

import { inCgroup } from '../cgroups.ts';
import { Child } from '../children.ts';
import { program } from '../programs.ts';
import { denyingCgroup } from './cgroup-filter.ts';
import { python, pythonAs, type Scenario, says, Unavailable } from './scenario.ts';

const BIND = `
import socket, sys
try: socket.socket().bind((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

const CONNECT = `
print('restricted', flush=True)
try: socket.socket().connect((sys.argv[1], int(sys.argv[2])))
except OSError: pass
`;

/** Answers connect(2) with an errno in the place of the kernel: linux/seccomp.h, linux/filter.h. */
const SECCOMP = `
import ctypes, os, platform, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
number = {'x86_64': 42, 'aarch64': 203}[platform.machine()]
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | int(sys.argv[3])), (6, 0, 0, 0x7fff0000)]
filter = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *each) for each in code))
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_void_p)]
made = Program(len(code), ctypes.addressof(filter))
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, ctypes.byref(made)): sys.exit('seccomp: ' + os.strerror(ctypes.get_errno()))
${CONNECT}
`;

/** A ruleset that handles TCP connects and allows none: linux/landlock.h, since 6.7. */
const LANDLOCK = `
import ctypes, os, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
handled = ctypes.create_string_buffer(struct.pack('QQ', 0, 2), 16)
ruleset = libc.syscall(444, handled, 16, 0)
libc.prctl(38, 1, 0, 0, 0)
if ruleset < 0 or libc.syscall(446, ruleset, 0): sys.exit('landlock: ' + os.strerror(ctypes.get_errno()))
${CONNECT}
`;

async function restricted(child: Child): Promise<Child> {
  await says(child, 'restricted').catch(() => {
    throw new Unavailable(child.stderr.trim());
  });
  return child;
}

const EPERM = '1';
const EUCLEAN = '117';
const client = { side: 'client', confidence: 'certain', proofs: ['connect'] } as const;

let made = 0;

export const policies: readonly Scenario[] = [
  {
    ...client,
    verdict: 'not-permitted',
    title: 'a low port without the right to bind it',
    error: 'EACCES',
    proofs: ['call'],
    sentence: /EACCES from bind\(2\) on 0\.0\.0\.0:80: ports below .* need CAP_NET_BIND_SERVICE/,
    make: async ({ client }) => pythonAs(65534, client, BIND, '0.0.0.0', '80'),
  },
  {
    ...client,
    verdict: 'not-permitted',
    title: 'a BPF program of the cgroup',
    error: 'EPERM',
    sentence: /EPERM from connect\(2\) .*: a policy of this machine forbids it: a BPF program of/,
    make: async ({ client, server }) => {
      const cgroup = denyingCgroup(`synscope-deny-${process.pid}-${++made}`);
      const words = ['ip', 'netns', 'exec', client.name, program('dial'), server.ipv4, '5501'];
      const [first = '', ...rest] = [...inCgroup(cgroup), ...words];
      return new Child(first, rest);
    },
  },
  {
    ...client,
    verdict: 'not-permitted',
    title: 'a seccomp filter',
    error: 'EPERM',
    needs: ['tp_btf/sys_exit'],
    sentence:
      /EPERM from connect\(2\) .*: a policy of this machine forbids it: .* a seccomp filter/,
    make: async ({ client, server }) =>
      await restricted(python(client, SECCOMP, server.ipv4, '5502', EPERM)),
  },
  {
    ...client,
    verdict: 'not-permitted',
    title: 'a security module: Landlock',
    // A route that forbids says the same, and may be gone when it is asked for.
    confidence: 'likely',
    error: 'EACCES',
    sentence: /EACCES from connect\(2\) .*: a policy of this machine forbids it: a security module/,
    proofs: ['connect', 'route'],
    make: async ({ client, server }) =>
      await restricted(python(client, LANDLOCK, server.ipv4, '5503')),
  },
  {
    ...client,
    verdict: 'unknown',
    title: 'an errno that connect(2) does not have, of a seccomp filter',
    confidence: 'possible',
    error: 'EUCLEAN',
    needs: ['tp_btf/sys_exit'],
    sentence: /ended with EUCLEAN, and what was recorded does not tell why\.$/,
    make: async ({ client, server }) =>
      await restricted(python(client, SECCOMP, server.ipv4, '5504', EUCLEAN)),
  },
];
