// Failed attempts and processes, as the questions about them get them.
import { Attempt } from '../../../engine/lifecycle/attempt.ts';
import type { ProcessImage } from '../../../engine/lifecycle/processes.ts';

export const S = 1e9;

export function someone(comm: string, pid: number): ProcessImage {
  return {
    id: pid,
    pid,
    startNs: 0,
    execId: 0,
    uid: 1000,
    user: 'ada',
    comm,
    exe: null,
    cmdline: [],
    parentPid: null,
    namespacePid: null,
    gid: null,
    cgroup: null,
    unit: null,
    container: null,
  };
}

let made = 0;

/** Outgoing, refused, ended ten seconds into the session. */
export function attemptTo(remoteAddress: string, remotePort: number, netns = 4026531840): Attempt {
  const attempt = new Attempt(++made, made, 1, netns, 9 * S);
  attempt.direction = 'outgoing';
  attempt.remoteAddress = remoteAddress;
  attempt.remotePort = remotePort;
  attempt.outcome = 'refused';
  attempt.failed = true;
  attempt.errno = 111;
  attempt.endedNs = 10 * S;
  return attempt;
}
