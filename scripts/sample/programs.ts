// The people of the sample: programs under neutral names, as different users, in cgroups
// named like services. Used by scenes.ts.
import { cgroupFolder, inCgroup } from '../../test/kernel/cgroups.ts';
import { Child } from '../../test/kernel/children.ts';
import type { Namespace } from '../../test/kernel/lab.ts';

export const bin = (name: string): string => `/opt/shop/bin/${name}`;

/** Who runs a program: a user id, and the service that it belongs to. */
export interface Role {
  readonly uid?: number;
  readonly unit?: string;
}

/** Starts a program inside a namespace in a role; the pid stays the same through each exec. */
export function start(space: Namespace, role: Role, command: string, ...args: string[]): Child {
  const folder = role.unit ? cgroupFolder(`/system.slice/${role.unit}`) : null;
  const uid = String(role.uid ?? 0);
  const user = ['setpriv', '--reuid', uid, '--regid', uid, '--clear-groups'];
  const inside = ['ip', 'netns', 'exec', space.name, ...user, command, ...args];
  const [first = '', ...rest] = folder ? [...inCgroup(folder), ...inside] : inside;
  return new Child(first, rest, { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' });
}
