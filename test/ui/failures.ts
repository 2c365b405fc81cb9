// A small session file with two refused connections among others, one with its stacks.
import { SessionBuilder } from '../fixtures/session-builder.ts';

const MS = 1_000_000;
/** A process name that no column has room for. */
export const LONG = 'a-process-with-a-name-that-no-column-has-room-for-at-all';

/** Writes the session to a path. Newest first: psql (refused), the long name, curl (refused, with stacks), psql. */
export function buildFailures(path: string): void {
  const builder = new SessionBuilder(path);
  const curl = builder.process('curl', { pid: 501, exe: '/usr/bin/curl' });
  const psql = builder.process('psql', { pid: 502 });
  const long = builder.process(LONG, { pid: 503 });
  const open = { established_ns: 2 * MS, started_ns: 1 * MS };
  builder.attempt({ process_id: psql, owner_source: 'connect', remote_port: 5432, ...open });
  const first = builder.refused({
    process_id: curl,
    owner_source: 'connect',
    started_ns: 2_000 * MS,
  });
  builder.attempt({
    process_id: long,
    owner_source: 'connect',
    ...open,
    started_ns: 3_000 * MS,
    established_ns: 3_018 * MS,
  });
  builder.refused({
    process_id: psql,
    owner_source: 'connect',
    remote_port: 5432,
    started_ns: 4_000 * MS,
  });
  const user = builder.stack('user', [
    { name: 'connect', module: '/usr/lib/libc.so.6' },
    { name: 'dial_backend', module: '/usr/bin/curl' },
    { name: null, module: '/usr/bin/curl', problem: 'no symbol covers this address' },
  ]);
  const kernel = builder.stack('kernel', [{ name: 'tcp_v4_connect', module: 'vmlinux' }]);
  builder.database
    .prepare(
      "UPDATE event SET user_stack_id = ?, kernel_stack_id = ? WHERE attempt_id = ? AND new_state = 'SYN_SENT'",
    )
    .run(user, kernel, first);
  builder.close();
}
