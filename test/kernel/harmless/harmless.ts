// What a scenario without a false failure is: something that ends well, or fails as it should,
// though other tools call it a failure. The tables are beside this file; played by
// test/kernel/harmless.test.ts.
import type { Child } from '../children.ts';
import type { Lab, Namespace } from '../lab.ts';

export interface Harmless {
  /** What is done, in a few words: the name of the test. */
  readonly title: string;
  /** Errnos of what fails rightly in the client's namespace; the server's has none. Default none. */
  readonly fails?: readonly string[];
  /** Outcomes of the other attempts of the client's namespace; default one that is `closed`. */
  readonly ends?: readonly string[];
  /** Of the server's namespace, where they are told of. */
  readonly accepted?: readonly string[];
  /** Does it; resolves when it is over. */
  play(lab: Lab): Promise<void>;
}

const PYTHON = '/usr/bin/python3';

/** Runs a script to its end; `sys.argv` has the server's address first. Throws what it complains of. */
export async function script(
  { client, server }: Lab,
  text: string,
  ...more: string[]
): Promise<string> {
  const args = ['-c', `${PREAMBLE}\n${text}`, server.ipv4, ...more];
  const { code, stdout, stderr } = await client.run(PYTHON, args).ended;
  if (code !== 0) throw new Error(`the script failed:\n${stderr}`);
  return stdout;
}

/** Starts a script that serves; it must say `ready`. */
export async function serving(space: Namespace, text: string, ...more: string[]): Promise<Child> {
  const child = space.run(PYTHON, ['-c', `${PREAMBLE}\n${text}`, space.ipv4, ...more]);
  await child.until('the server', () => child.stdout.includes('ready') || undefined);
  return child;
}

/** What the scripts have in common. */
const PREAMBLE = `
import array, errno, os, select, signal, socket, struct, sys, threading, time
there = sys.argv[1]
LINGER_0 = struct.pack('ii', 1, 0)
def made(kind=socket.SOCK_STREAM, protocol=0): return socket.socket(socket.AF_INET, kind, protocol)
def connected(s):
    """Waits for a connect that does not block, as most libraries do."""
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    assert poll.poll(5000), 'no answer'
    error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    assert error == 0, errno.errorcode[error]
`;
