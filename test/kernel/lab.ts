// The lab: network namespaces joined by veth, in which every failure can be had for
// real without touching the machine's own network. Used by the kernel tests and by
// scripts/record-sample.ts. Namespaces are named syn-<pid>-<n>-<role>, and removed when
// the lab is closed, when this process ends, and at the next start if it was killed.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { Child, killChildren } from './children.ts';

/** One side of a lab. */
export class Namespace {
  readonly name: string;
  /** Its own address towards the other side. */
  readonly ipv4: string;
  readonly ipv6: string;

  constructor(name: string, ipv4: string, ipv6: string) {
    this.name = name;
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
  }

  /** Inode number of the namespace, as in socket_ident.netns. */
  get inode(): number {
    return statSync(`/run/netns/${this.name}`).ino;
  }

  /** Starts a program inside; its pid is the pid of the program itself. */
  run(command: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Child {
    return new Child('ip', ['netns', 'exec', this.name, command, ...args], environment);
  }

  /** Runs a short command inside and gives its output. */
  now(command: string, args: readonly string[], input = ''): string {
    return execFileSync('ip', ['netns', 'exec', this.name, command, ...args], {
      input,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  }

  /** Rules for packets that come in; each is an nft statement such as `tcp dport 81 drop`. */
  input(...rules: string[]): void {
    this.#filter('input', rules);
  }

  /** Rules for packets that go out. */
  output(...rules: string[]): void {
    this.#filter('output', rules);
  }

  /** Rules for packets that pass through. */
  forward(...rules: string[]): void {
    this.#filter('forward', rules);
  }

  #filter(hook: 'input' | 'output' | 'forward', rules: string[]): void {
    const chain = [`type filter hook ${hook} priority 0;`, ...rules].join('\n');
    this.now('nft', ['-f', '-'], `table inet lab {\nchain ${hook} {\n${chain}\n}\n}\n`);
  }

  /** Removes every rule. */
  pass(): void {
    this.now('nft', ['flush', 'ruleset']);
  }

  /** Sets a kernel parameter of this namespace; false when this kernel does not have it. */
  sysctl(name: string, value: string | number): boolean {
    try {
      this.now('sysctl', ['-qw', `${name}=${value}`]);
      return true;
    } catch {
      return false;
    }
  }

  ip(...args: string[]): string {
    return execFileSync('ip', ['-n', this.name, ...args], { encoding: 'utf8' });
  }
}

/** Two or three namespaces in a row. */
export interface Lab {
  readonly client: Namespace;
  readonly server: Namespace;
  /** Forwards between the two; only in a lab made with `router: true`. */
  readonly router: Namespace | null;
  close(): void;
}

let made = 0;
const open = new Set<string>();
let guarded = false;

/** Makes a lab. Needs root; takes some 50 ms. */
export function openLab(options: { router?: boolean } = {}): Lab {
  guard();
  made += 1;
  const names = (options.router ? ['client', 'router', 'server'] : ['client', 'server']).map(
    (role) => `syn-${process.pid}-${made}-${role}`,
  );
  for (const name of names) addNamespace(name);
  // Each lab has its own networks, so that a remote address tells which lab it was.
  const links = names.slice(1).map((right, i) => join(names[i] ?? '', right, made, i));
  const [first, last] = [links[0], links.at(-1)];
  if (!first || !last) throw new Error('a lab needs two namespaces');
  if (options.router) routeThrough(names[1] ?? '', first, last);
  return {
    client: first.left,
    server: last.right,
    router: options.router ? first.right : null,
    close: () => {
      for (const name of names) removeNamespace(name);
    },
  };
}

interface Link {
  readonly left: Namespace;
  readonly right: Namespace;
}

function addNamespace(name: string): void {
  execFileSync('ip', ['netns', 'add', name]);
  open.add(name);
  // Without the second in which a new IPv6 address may not be used yet.
  const noWait = ['net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0'];
  execFileSync('ip', ['netns', 'exec', name, 'sysctl', '-qw', ...noWait]);
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
}

function join(left: string, right: string, lab: number, link: number): Link {
  const ends = [left, right].map((name, i) => {
    const network = `${200 + (lab % 50)}.${link}`;
    const device = `eth${link}`;
    return {
      name,
      device,
      ipv4: `10.${network}.${i + 1}`,
      ipv6: `fd00:${lab}:${link + 1}::${i + 1}`,
    };
  });
  const [a, b] = ends;
  if (!a || !b) throw new Error('a link has two ends');
  execFileSync('ip', [
    ...['-n', a.name, 'link', 'add', a.device, 'type', 'veth'],
    ...['peer', 'name', b.device, 'netns', b.name],
  ]);
  for (const end of ends) {
    execFileSync('ip', ['-n', end.name, '-batch', '-'], {
      input: `addr add ${end.ipv4}/24 dev ${end.device}
addr add ${end.ipv6}/64 dev ${end.device} nodad
link set ${end.device} up
`,
    });
  }
  return {
    left: new Namespace(a.name, a.ipv4, a.ipv6),
    right: new Namespace(b.name, b.ipv4, b.ipv6),
  };
}

function routeThrough(router: string, first: Link, last: Link): void {
  const middle = new Namespace(router, '', '');
  middle.sysctl('net.ipv4.ip_forward', 1);
  middle.sysctl('net.ipv6.conf.all.forwarding', 1);
  first.left.ip('route', 'add', 'default', 'via', first.right.ipv4);
  first.left.ip('-6', 'route', 'add', 'default', 'via', first.right.ipv6);
  last.right.ip('route', 'add', 'default', 'via', last.left.ipv4);
  last.right.ip('-6', 'route', 'add', 'default', 'via', last.left.ipv6);
}

function removeNamespace(name: string): void {
  try {
    const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
    for (const pid of pids.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
  } catch {
    // The namespace or its last process went away by itself.
  }
  try {
    execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  } catch {
    // Removed already.
  }
  open.delete(name);
}

/** Cleans up at the end of this process, and now what a killed run left behind. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  process.on('exit', cleanUp);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      cleanUp();
      // Not process.exit: a test runner may have replaced it.
      process.kill(process.pid, signal);
    });
  }
  for (const name of leftBehind()) removeNamespace(name);
}

function cleanUp(): void {
  killChildren();
  for (const name of open) removeNamespace(name);
}

function leftBehind(): string[] {
  let names: string[];
  try {
    names = readdirSync('/run/netns');
  } catch {
    return [];
  }
  return names.filter((name) => {
    const pid = /^syn-(\d+)-\d+-/.exec(name)?.[1];
    if (!pid) return false;
    try {
      process.kill(Number(pid), 0);
      return false;
    } catch {
      return true;
    }
  });
}
