// The kernel's table of sockets: what a line says, and how a line is looked for.
import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { LineSearch } from '../../../engine/context/bounded-file.ts';
import {
  between,
  onPort,
  parseSocketLine,
  type TableSearch,
  towards,
} from '../../../engine/context/socket-table.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21050 1 0000000000000000 100 0 0 10 0                     
   1: 0100007F:1F90 0100007F:D431 05 00000000:00000000 03:00000ABC 00000000     0        0 0 3 0000000000000000                                      
   2: 0200000A:9C40 0300000A:01BB 06 00000000:00000000 03:000016F1 00000000     0        0 0 3 0000000000000000                                      
   3: 0200000A:9C41 0300000A:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 21077 1 0000000000000000 20 4 30 10 -1                    
   4: 0300000A:01BB 0200000A:9C41 01 00000000:00000000 00:00000000 00000000     0        0 21078 1 0000000000000000 20 4 30 10 -1                    
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 30010 1 0000000000000000 100 0 0 10 0
   1: 000000FD000000000000000001000000:9C42 000000FD000000000000000002000000:01BB 01 00000000:00000000 00:00000000 00000000     0        0 30011 1 0000000000000000 20 0 0 10 -1
   2: 0000000000000000FFFF00000200000A:9C43 0000000000000000FFFF00000300000A:01BB 02 00000000:00000000 01:00000030 00000000     0        0 30012 2 0000000000000000 20 0 0 10 -1
`;

function look(searches: readonly TableSearch[]): string[] {
  return searches.flatMap(({ file, needles }) => {
    const search = new LineSearch({ needles, most: 100 });
    const text = file === 'tcp' ? TCP : TCP6;
    // In bits of any size, as reads of /proc give them.
    for (let at = 0; at < text.length; at += 100) search.take(text.slice(at, at + 100));
    search.finish();
    return search.lines;
  });
}

function ports(lines: readonly string[]): (number | undefined)[] {
  return lines.map((line) => parseSocketLine(line)?.localPort);
}

// The tables above are of a little-endian machine, as nearly all are.
describe.skipIf(endianness() !== 'LE')('a table of a little-endian kernel', () => {
  test('a line: both ends and the state', () => {
    expect(TCP.split('\n').map((line) => parseSocketLine(line)?.state)).toEqual([
      ...[undefined, 10, 5, 6, 1, 1, undefined],
    ]);
    expect(parseSocketLine(TCP.split('\n')[3] ?? '')).toEqual({
      localAddress: '10.0.0.2',
      localPort: 40_000,
      remoteAddress: '10.0.0.3',
      remotePort: 443,
      state: 6,
    });
  });

  test('IPv6, and IPv4 over an IPv6 socket', () => {
    const [, listening, six, mapped] = TCP6.split('\n').map(parseSocketLine);
    expect(listening).toMatchObject({ localAddress: '::', localPort: 8080, state: 10 });
    expect(six).toMatchObject({ localAddress: 'fd00::1', remoteAddress: 'fd00::2' });
    expect(mapped).toMatchObject({ localAddress: '10.0.0.2', remoteAddress: '10.0.0.3' });
  });

  test('sockets towards one destination, whichever family they are of', () => {
    expect(ports(look(towards('10.0.0.3', 443)))).toEqual([40_000, 40_001, 443, 40_003]);
    expect(ports(look(towards('fd00::2', 443)))).toEqual([40_002]);
    expect(look(towards('nonsense', 443))).toEqual([]);
  });

  test('the socket between two ends', () => {
    const old = look(
      between({ address: '127.0.0.1', port: 8080 }, { address: '127.0.0.1', port: 54_321 }),
    );
    expect(old.map(parseSocketLine)).toMatchObject([{ state: 5 }]);
    expect(
      ports(
        look(between({ address: '10.0.0.2', port: 40_003 }, { address: '10.0.0.3', port: 443 })),
      ),
    ).toEqual([40_003]);
  });

  test('sockets on a port', () => {
    expect(ports(look(onPort(8080)))).toEqual([8080, 8080, 8080]);
  });
});

test('no more lines than asked for', () => {
  const search = new LineSearch({ needles: [':'], most: 2 });
  search.take(TCP);
  expect(search.lines).toHaveLength(2);
  expect(search.enough).toBe(true);
});
