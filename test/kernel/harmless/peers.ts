// Servers that are well while their clients come and go oddly. Part of harmless.test.ts.
import { listen } from '../stage.ts';
import { type Harmless, script, serving } from './harmless.ts';

const SERVE = `
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
`;

const many = (outcome: string, count: number) => Array.from({ length: count }, () => outcome);

export const peers: readonly Harmless[] = [
  {
    title: 'half-close: the client is done, the server answers and closes',
    accepted: ['closed'],
    play: async (lab) => {
      await listen(lab, 5651, '--request', '--delay', '100', '--send', '2000', '--close-first');
      await script(
        lab,
        `
s = made(); s.connect((there, 5651))
s.sendall(b'request'); s.shutdown(socket.SHUT_WR)
while s.recv(4096): pass
s.close()`,
      );
    },
  },
  {
    title: 'a healthy server is stopped with a client, and started again on the same port',
    ends: many('closed', 2),
    accepted: many('closed', 2),
    play: async (lab) => {
      const text = `
s = made(); s.connect((there, 5652))
print('connected', flush=True)
while s.recv(4096): pass
s.close()`;
      for (let i = 0; i < 2; i++) {
        // It closes first, so that its side is left in TIME_WAIT: SO_REUSEADDR lets it bind again.
        const server = await listen(lab, 5652);
        const client = script(lab, text);
        await server.until('a client', () => server.stdout.includes('accept') || undefined);
        await server.stop('SIGTERM');
        await client;
      }
    },
  },
  {
    title: 'a port scan by connect(2), closed by RST as nmap does',
    fails: many('ECONNREFUSED', 20),
    ends: ['reset'],
    play: async (lab) => {
      await listen(lab, 5660);
      await script(
        lab,
        `
for port in range(5655, 5676):
    s = made()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    s.connect_ex((there, port))
    s.close()`,
      );
    },
  },
  {
    title: 'a port scan of a server that is slow to accept',
    ends: ['reset'],
    play: async (lab) => {
      const server = `
${SERVE}
server.bind(('', 5680)); server.listen(5)
print('ready', flush=True)
time.sleep(0.5)
connection, _ = server.accept()
try: connection.recv(10)
except OSError: pass
connection.close()
signal.pause()`;
      await serving(lab.server, server);
      await script(
        lab,
        `
s = made(); s.connect((there, 5680))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
s.close()
time.sleep(1)`,
      );
    },
  },
  {
    title: 'a port scan by SYN alone',
    ends: [],
    play: async (lab) => {
      await listen(lab, 5685);
      await script(
        lab,
        `
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
probe = made(socket.SOCK_DGRAM); probe.connect((there, 1))
here = probe.getsockname()[0]
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
for port in range(5680, 5690):
    body = struct.pack('!HHIIBBHHH', 40300, port, 1000, 0, 80, 2, 65535, 0, 0)
    pseudo = socket.inet_aton(here) + socket.inet_aton(there) + struct.pack('!BBH', 0, 6, len(body))
    raw.sendto(body[:16] + struct.pack('!H', checksum(pseudo + body)) + body[18:], (there, 0))
time.sleep(0.3)`,
      );
    },
  },
  {
    title: 'a listener that is shut down to end the thread that accepts',
    play: async (lab) => {
      const server = `
${SERVE}
server.bind(('', 5690)); server.listen(5)
served = threading.Event()
def accept():
    while True:
        try: connection, _ = server.accept()
        except OSError: return
        connection.close()
        served.set()
thread = threading.Thread(target=accept); thread.start()
print('ready', flush=True)
served.wait()
time.sleep(0.2)
server.shutdown(socket.SHUT_RDWR)
thread.join()
server.close()`;
      const child = await serving(lab.server, server);
      await script(lab, `s = made(); s.connect((there, 5690)); s.recv(1); s.close()`);
      await child.ended;
    },
  },
  {
    title: 'a server that does not block and finds nobody to accept: EAGAIN',
    play: async (lab) => {
      const server = `
${SERVE}
server.bind(('', 5691)); server.listen(5); server.setblocking(False)
print('ready', flush=True)
served = False
while True:
    try: server.accept()[0].close(); served = True
    except BlockingIOError:
        if served: break
        time.sleep(0.05)`;
      const child = await serving(lab.server, server);
      await script(lab, `s = made(); s.connect((there, 5691)); s.recv(1); s.close()`);
      await child.ended;
    },
  },
  {
    title: 'a server that waits for data before it accepts: TCP_DEFER_ACCEPT',
    play: async (lab) => {
      const server = `
${SERVE}
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 10)
server.bind(('', 5692)); server.listen(5)
print('ready', flush=True)
connection, _ = server.accept()
while connection.recv(100): pass
connection.close()`;
      const child = await serving(lab.server, server);
      await script(
        lab,
        `
s = made(); s.connect((there, 5692))
time.sleep(4)
s.sendall(b'at last'); s.close()`,
      );
      await child.ended;
    },
  },
  {
    title: 'SYN cookies for every client',
    play: async (lab) => {
      lab.server.sysctl('net.ipv4.tcp_syncookies', 2);
      await listen(lab, 5693);
      await script(lab, `s = made(); s.connect((there, 5693)); s.sendall(b'x'); s.close()`);
    },
  },
  {
    title: 'a socket that connects to itself',
    play: async (lab) => {
      await script(
        lab,
        `
s = made(); s.bind(('127.0.0.1', 5694)); s.connect(('127.0.0.1', 5694))
s.sendall(b'x'); assert s.recv(1) == b'x'
s.close()`,
      );
    },
  },
  {
    title: 'both ends connect at once',
    ends: many('closed', 2),
    play: async (lab) => {
      await script(
        lab,
        `
# The first SYN is held back until the other end has sent its own.
assert os.system("nft 'add table inet hold; add chain inet hold input { type filter hook input priority 0; }; add rule inet hold input tcp dport 5696 drop'") == 0
ends = []
for own, other in ((5695, 5696), (5696, 5695)):
    s = made(); s.bind(('127.0.0.1', own)); s.setblocking(False)
    ends.append((s, ('127.0.0.1', other)))
assert ends[0][0].connect_ex(ends[0][1]) == errno.EINPROGRESS
os.system("nft 'add rule inet hold input tcp dport 5695 drop'")
assert ends[1][0].connect_ex(ends[1][1]) == errno.EINPROGRESS
os.system('nft delete table inet hold')
for s, _ in ends: connected(s)
for s, _ in ends: s.close()
time.sleep(0.2)`,
      );
    },
  },
  {
    title: 'a program that looks for the address that it would send from',
    ends: [],
    play: async (lab) => {
      await script(
        lab,
        `
for address in ('10.99.0.1', '224.0.0.1'):
    made(socket.SOCK_DGRAM).connect_ex((address, 53))
try: socket.socket(socket.AF_UNIX).connect('/no/such/socket')
except OSError: pass`,
      );
    },
  },
];
