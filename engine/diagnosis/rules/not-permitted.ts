// EPERM and EACCES: a policy of this machine said no.
import type { Facts } from '../facts.ts';
import { found, type Rule } from '../rule.ts';
import {
  callClaim,
  callParams,
  enteredSynSent,
  type FailedCall,
  failedCall,
  tellCall,
} from './shared/failed-call.ts';
import {
  BY_RULE,
  hasOwnWay,
  listRoutes,
  mayBeRoute,
  routeClaim,
  UNASKED,
  wayParams,
} from './shared/route-answer.ts';

/** Who may have said no. */
type Policy =
  | 'privileged-port'
  | 'port-or-module'
  | 'program'
  | 'security-module'
  | 'route'
  | 'filter'
  | 'broadcast';

/** By default, where the setting was not asked. */
const LAST_PRIVILEGED_PORT = 1023;

const CAUSES: Readonly<Record<Policy, string>> = {
  'privileged-port':
    'ports below net.ipv4.ip_unprivileged_port_start (1024 by default) need CAP_NET_BIND_SERVICE',
  'port-or-module':
    'net.ipv4.ip_unprivileged_port_start has been raised above this port, so that it needs CAP_NET_BIND_SERVICE, or a security module (SELinux, AppArmor, Landlock) or a seccomp filter forbids it',
  program:
    'a policy of this machine forbids it: a BPF program of its cgroup, a seccomp filter or a security module',
  'security-module':
    'a policy of this machine forbids it: a security module (SELinux, AppArmor, Landlock) or a seccomp filter',
  route: `a policy of this machine forbids it: a security module (SELinux, AppArmor, Landlock), a seccomp filter, or a route of the type \`prohibit\` that ${BY_RULE} leads to`,
  filter: 'a filter of this machine stopped the packet: netfilter, or a BPF program of its cgroup',
  broadcast: 'TCP cannot connect to a broadcast address',
};

const NEXT: Readonly<Record<Policy, readonly string[]>> = {
  'privileged-port': [
    'Give the service AmbientCapabilities=CAP_NET_BIND_SERVICE, or a port from there on with a redirect to it.',
  ],
  'port-or-module': [
    'Is the port below net.ipv4.ip_unprivileged_port_start of its network namespace? Then the service needs AmbientCapabilities=CAP_NET_BIND_SERVICE.',
    'If not, look for denials: `journalctl -k | grep -iE "avc|apparmor|audit"`.',
  ],
  program: [
    'Does the unit have IPAddressDeny= or SocketBindDeny=, or its container a network policy? `bpftool cgroup tree` lists the programs.',
    'Does a sandbox (seccomp, Landlock, a snap, a flatpak) allow it? `journalctl -k` shows denials of most.',
  ],
  'security-module': [
    'Look for denials: `journalctl -k | grep -iE "avc|apparmor|audit"`.',
    'Does a sandbox (seccomp, Landlock, a snap, a flatpak) allow it?',
  ],
  route: [
    'Does a rule lead there? `ip rule` lists them, `ip route show table all type prohibit` the routes that forbid (`ip -6` for IPv6).',
    'Look for denials: `journalctl -k | grep -iE "avc|apparmor|audit"`.',
    'Does a sandbox (seccomp, Landlock, a snap, a flatpak) allow it?',
  ],
  filter: ['Which rule counts it? `nft list ruleset` shows counters and verdicts.'],
  broadcast: ['Is the address right? It ends where the subnet ends.'],
};

export const notPermitted: Rule = {
  id: 'not-permitted',
  title: 'not permitted',
  match(facts) {
    const { error } = facts;
    if (error !== 'EPERM' && error !== 'EACCES') return null;
    const call = failedCall(facts);
    if (!call) return null;
    const policy = policyOf(facts, call);
    const route = facts.context('route');
    // Only an answer that may be another socket's leaves a route among the causes.
    const asked = policy === 'route' || (policy === 'security-module' && hasOwnWay(facts));
    const routed = asked && route?.detail.found === true;
    const ofPort = policy === 'privileged-port' || policy === 'port-or-module';
    const start = ofPort ? firstUnprivileged(facts) : null;
    const guessed = routed || (ofPort && start === null);
    return found(
      guessed ? 'likely' : asked ? 'possible' : 'certain',
      {
        call: call.note,
        route: routed ? route : null,
        settings: start === null ? null : facts.context('settings'),
      },
      { ...callParams(call), policy, start, ...(routed ? wayParams(facts) : {}) },
    );
  },
  tell(told) {
    const policy = policyNamed(told.text('policy', ''));
    const start = told.has('start') ? told.number('start') : null;
    const ports = `ports below ${start} need CAP_NET_BIND_SERVICE there (net.ipv4.ip_unprivileged_port_start)`;
    return {
      sentence: `${tellCall(told)}: ${start === null ? CAUSES[policy] : ports}.`,
      claims: [
        callClaim(told),
        routeClaim(told),
        { text: `net.ipv4.ip_unprivileged_port_start was ${start}`, event: 'settings' },
      ],
      next: [...NEXT[policy], ...(told.flag('forSocket') ? [UNASKED] : [])],
      command:
        policy === 'route' ? listRoutes(told.row.remoteAddress, 'prohibit') : commandFor(policy),
    };
  },
};

function policyOf(facts: Facts, failed: FailedCall): Policy {
  const { call, port, address } = failed;
  if (facts.error === 'EACCES' && call === 'bind') return policyOfPort(facts, port);
  if (call === 'connect' && address === '255.255.255.255') return 'broadcast';
  if (mayBeRoute(facts, failed)) return 'route';
  if (facts.error === 'EACCES') return 'security-module';
  return call === 'connect' && enteredSynSent(facts) ? 'filter' : 'program';
}

/** inet_port_requires_bind_service compares with the setting of the namespace. */
function policyOfPort(facts: Facts, port: number | null): Policy {
  if (port === null || port === 0) return 'security-module';
  const start = firstUnprivileged(facts);
  if (start === null) return port <= LAST_PRIVILEGED_PORT ? 'privileged-port' : 'port-or-module';
  return port < start ? 'privileged-port' : 'security-module';
}

function firstUnprivileged(facts: Facts): number | null {
  return facts.context('settings')?.detail.unprivilegedPort ?? null;
}

function policyNamed(name: string): Policy {
  return Object.hasOwn(CAUSES, name) ? (name as Policy) : 'program';
}

function commandFor(policy: Policy): string {
  if (policy === 'privileged-port' || policy === 'port-or-module')
    return 'sysctl net.ipv4.ip_unprivileged_port_start';
  if (policy === 'filter') return 'nft list ruleset';
  return policy === 'program' ? 'bpftool cgroup tree' : 'journalctl -k --grep "avc|apparmor|audit"';
}
