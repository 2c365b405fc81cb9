// Ways to call connect(2) that look odd and are in order. Part of harmless.test.ts.
import { listen } from '../stage.ts';
import { type Harmless, script } from './harmless.ts';

/** A listener that reads until the client has closed. */
function withServer(
  title: string,
  port: number,
  text: string,
  more: Partial<Harmless> = {},
): Harmless {
  return {
    title,
    ...more,
    play: async (lab) => {
      await listen(lab, port);
      await script(lab, text, String(port));
    },
  };
}

const TO = 'to = (there, int(sys.argv[2]))';
/** `hold(seconds)`: a connect of that time, in which something else can happen. */
const SLOW = `
def hold(seconds):
    """The answer to the SYN is thrown away for a while."""
    chain = 'add table inet hold; add chain inet hold input { type filter hook input priority 0; }; add rule inet hold input tcp sport %s drop' % sys.argv[2]
    assert os.system("nft '%s'" % chain) == 0
    # Else the end of the last nft would interrupt a call that waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    threading.Timer(seconds, lambda: os.system('nft delete table inet hold')).start()
`;

export const calls: readonly Harmless[] = [
  withServer(
    'connect(2) without blocking, asked by poll(2) and SO_ERROR',
    5601,
    `
${TO}
s = made(); s.setblocking(False)
assert s.connect_ex(to) == errno.EINPROGRESS
connected(s)
s.close()`,
  ),
  withServer(
    'connect(2) called again until it says EISCONN',
    5602,
    `
${TO}
s = made(); s.setblocking(False)
results = {s.connect_ex(to)}
connected(s)
results |= {s.connect_ex(to), s.connect_ex(to)}
assert errno.EISCONN in results, results
s.close()`,
  ),
  withServer(
    'connect(2) again while it is under way: EALREADY',
    5603,
    `
${SLOW}
${TO}
hold(0.5)
s = made(); s.setblocking(False)
assert s.connect_ex(to) == errno.EINPROGRESS
assert s.connect_ex(to) == errno.EALREADY
connected(s)
s.close()`,
  ),
  withServer(
    'a signal interrupts connect(2), which goes on by itself: EINTR',
    5604,
    `
import ctypes
${SLOW}
${TO}
hold(0.6)
libc = ctypes.CDLL(None, use_errno=True)
signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, True)
signal.setitimer(signal.ITIMER_REAL, 0.2)
s = made()
address = struct.pack('=H', 2) + struct.pack('!H', to[1]) + socket.inet_aton(there) + bytes(8)
assert libc.connect(s.fileno(), address, 16) == -1 and ctypes.get_errno() == errno.EINTR
connected(s)
s.close()`,
  ),
  withServer(
    'a signal interrupts connect(2), which is restarted',
    5605,
    `
${SLOW}
import ctypes
${TO}
hold(0.6)
libc = ctypes.CDLL(None, use_errno=True)
signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, False)
signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
s = made()
address = struct.pack('=H', 2) + struct.pack('!H', to[1]) + socket.inet_aton(there) + bytes(8)
assert libc.connect(s.fileno(), address, 16) == 0, errno.errorcode[ctypes.get_errno()]
signal.setitimer(signal.ITIMER_REAL, 0)
s.close()`,
  ),
  withServer(
    'SIGSTOP and SIGCONT in the middle of a connect that is answered',
    5606,
    `
${SLOW}
${TO}
hold(1.2)
child = os.fork()
if child == 0:
    s = made(); s.connect(to); s.close(); os._exit(0)
for signal_ in (signal.SIGSTOP, signal.SIGCONT) * 3:
    time.sleep(0.1)
    os.kill(child, signal_)
assert os.waitpid(child, 0)[1] == 0`,
  ),
  withServer(
    'the send timeout ends connect(2), and the connection comes about',
    5607,
    `
${SLOW}
${TO}
hold(0.6)
s = made()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack('ll', 0, 200000))
assert s.connect_ex(to) in (errno.EINPROGRESS, errno.EAGAIN)
connected(s)
s.close()`,
  ),
  withServer(
    'connect(2) on a copy of the descriptor, the first one is closed',
    5608,
    `
${TO}
s = made(); copy = s.dup()
s.close()
copy.connect(to)
copy.close()`,
  ),
  withServer(
    'another thread closes the descriptor while connect(2) waits',
    5609,
    `
import ctypes
${SLOW}
${TO}
hold(0.6)
libc = ctypes.CDLL(None, use_errno=True)
fd = made().detach()
threading.Timer(0.2, lambda: os.close(fd)).start()
address = struct.pack('=H', 2) + struct.pack('!H', to[1]) + socket.inet_aton(there) + bytes(8)
assert libc.connect(fd, address, 16) == 0, errno.errorcode[ctypes.get_errno()]`,
  ),
  withServer(
    'fork between socket(2) and connect(2), and the parent closes',
    5610,
    `
${TO}
s = made()
child = os.fork()
if child == 0:
    s.connect(to); time.sleep(0.2); s.close(); os._exit(0)
s.close()
assert os.waitpid(child, 0)[1] == 0`,
  ),
  withServer(
    'the descriptor goes to another process while it connects, and the first one ends',
    5611,
    `
${SLOW}
${TO}
hold(0.6)
ours, theirs = socket.socketpair()
child = os.fork()
if child == 0:
    s = made(); s.setblocking(False)
    assert s.connect_ex(to) == errno.EINPROGRESS
    socket.send_fds(theirs, [b'x'], [s.fileno()])
    os._exit(0)
_, [fd], _, _ = socket.recv_fds(ours, 1, 1)
assert os.waitpid(child, 0)[1] == 0
s = socket.socket(fileno=fd)
connected(s)
s.close()`,
  ),
  withServer(
    'exec(2) closes a connection with CLOEXEC',
    5612,
    `
${TO}
s = made(); s.connect(to)
os.execv('/bin/true', ['true'])`,
  ),
  withServer(
    'one socket after the other: dissolved by AF_UNSPEC, and connected again',
    5613,
    `
import ctypes
${TO}
libc = ctypes.CDLL(None, use_errno=True)
s = made()
address = struct.pack('=H', 2) + struct.pack('!H', to[1]) + socket.inet_aton(there) + bytes(8)
for _ in range(2):
    assert libc.connect(s.fileno(), address, 16) == 0
    assert libc.connect(s.fileno(), bytes(16), 16) == 0
s.close()`,
    { ends: ['reset', 'reset'] },
  ),
  withServer(
    'IP_BIND_ADDRESS_NO_PORT',
    5614,
    `
${TO}
s = made()
s.setsockopt(socket.IPPROTO_IP, 24, 1)
s.bind(('', 0))
s.connect(to)
s.close()`,
  ),
  withServer(
    'data with the SYN: MSG_FASTOPEN',
    5615,
    `
${TO}
s = made()
assert s.sendto(b'hello', 0x20000000, to) == 5
s.close()`,
  ),
  withServer(
    'data with the SYN, without blocking: MSG_FASTOPEN',
    5616,
    `
${TO}
s = made(); s.setblocking(False)
try: s.sendto(b'hello', 0x20000000, to)
except BlockingIOError: pass
connected(s)
s.close()`,
  ),
  withServer(
    'connect(2) that waits for the first data: TCP_FASTOPEN_CONNECT',
    5617,
    `
${TO}
s = made()
s.setsockopt(socket.IPPROTO_TCP, 30, 1)
s.connect(to)
s.sendall(b'hello')
time.sleep(0.2)
s.close()`,
  ),
  {
    title: 'a program that asks for multipath sockets where they are switched off',
    ends: [],
    play: async (lab) => {
      lab.client.sysctl('net.mptcp.enabled', 0);
      await script(
        lab,
        `
try: made(protocol=262)
except OSError: pass`,
      );
    },
  },
  withServer(
    'a multipath socket',
    5618,
    `
${TO}
try: s = made(protocol=262)
except OSError: s = made()
s.connect(to)
s.sendall(b'hello')
s.close()`,
  ),
];
