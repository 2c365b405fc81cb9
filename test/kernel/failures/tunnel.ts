// A far end behind a TUN device: what the kernel sends there leaves this machine as far as it
// knows, and a script decides what comes back. For failures without a trace on this machine.
import type { Child } from '../children.ts';
import type { Namespace } from '../lab.ts';
import { python, says, Unavailable } from './scenario.ts';

/** Behind the tunnel; set aside for documentation. */
export const FAR = '198.51.100.9';

/** Reads packets for ever; `answer(packet)` gives what comes back, or nothing. Formats: RFC 791, 9293, 1071. */
const PEER = `
import fcntl, os, struct, subprocess, sys
tun = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', b'far', 0x1001))
for words in (SETUP):
    subprocess.run(['ip', *words.split()], check=True)
def checksum(data):
    data += b'\\0' * (len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def ip(protocol, source, destination, payload):
    head = struct.pack('!BBHHHBBH4s4s', 69, 0, 20 + len(payload), 0, 0, 64, protocol, 0, source, destination)
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload
def tcp(packet, flags, sequence, acknowledged):
    source, destination = packet[16:20], packet[12:16]
    ports = packet[22:24] + packet[20:22]
    body = ports + struct.pack('!IIBBHHH', sequence, acknowledged, 80, flags, 65535, 0, 0)
    pseudo = source + destination + struct.pack('!BBH', 0, 6, len(body))
    body = body[:16] + struct.pack('!H', checksum(pseudo + body)) + body[18:]
    return ip(6, source, destination, body)
ANSWER
print('ready', flush=True)
while True:
    packet = os.read(tun, 65536)
    if packet[0] >> 4 != 4: continue
    back = answer(packet)
    if back: os.write(tun, back)
`;

/** What `ip` does with the device. */
const NETWORK = ['addr add 198.51.100.1/24 dev far', 'link set far up'];

/** Makes the tunnel, the device `far`; `answer` is the body of the function in Python. */
export async function tunnelIn(
  space: Namespace,
  answer = 'return None',
  setup: readonly string[] = NETWORK,
): Promise<Child> {
  const words = setup.map((each) => `'${each}', `).join('');
  const script = PEER.replace('SETUP', words).replace('ANSWER', `def answer(packet): ${answer}`);
  const child = python(space, script);
  await says(child, 'ready').catch(() => {
    throw new Unavailable(`there are no TUN devices here: ${child.stderr.slice(-200)}`);
  });
  return child;
}
