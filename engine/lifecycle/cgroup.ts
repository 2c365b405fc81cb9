// A cgroup path → the systemd unit and the container that it belongs to. Pure; used by
// engine/lifecycle/processes.ts.

export interface CgroupPlace {
  /** Null outside a unit. */
  readonly unit: string | null;
  /** Container id or name as the path has it, null outside one. */
  readonly container: string | null;
}

const UNIT = /\.(service|scope|socket|mount|swap)$/;

/** Ways in which container engines name their cgroups; the id is the last group. */
const CONTAINERS: readonly RegExp[] = [
  /^(?:docker|cri-containerd|crio|libpod|containerd|nerdctl)-([0-9a-f]{12,64})\.scope$/,
  /^(?:docker|crio|libpod|nerdctl)-([0-9a-f]{12,64})$/,
  /^lxc\.payload\.(.+)$/,
];
/** Parents whose child is named by the bare id: Docker and Kubernetes with the cgroupfs driver, old LXC. */
const PARENT_OF_ID = /^(docker|libpod_parent|containerd|actions_job|pod[0-9a-f_-]{36})$/;
const BARE_ID = /^[0-9a-f]{12,64}$/;

/** The deepest unit and the deepest container on the path. */
export function placeOf(path: string): CgroupPlace {
  const parts = path.split('/').filter((part) => part !== '');
  let unit: string | null = null;
  let container: string | null = null;
  for (const [index, part] of parts.entries()) {
    if (UNIT.test(part)) unit = unescapeUnit(part);
    container = containerOf(part, parts[index - 1] ?? '') ?? container;
  }
  return { unit, container };
}

function containerOf(part: string, parent: string): string | null {
  for (const pattern of CONTAINERS) {
    const id = pattern.exec(part)?.[1];
    if (id !== undefined) return id;
  }
  if (parent === 'lxc') return part;
  return PARENT_OF_ID.test(parent) && BARE_ID.test(part) ? part : null;
}

/** systemd writes bytes that a unit name cannot have as `\x2d`. */
function unescapeUnit(name: string): string {
  if (!name.includes('\\x')) return name;
  const bytes: number[] = [];
  for (let i = 0; i < name.length; i++) {
    const escaped = /^\\x([0-9a-f]{2})/.exec(name.slice(i, i + 4))?.[1];
    if (escaped !== undefined) {
      bytes.push(Number.parseInt(escaped, 16));
      i += 3;
    } else {
      bytes.push(...Buffer.from(name.charAt(i)));
    }
  }
  return Buffer.from(bytes).toString();
}
