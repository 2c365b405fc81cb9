// The fields and flags that a filter can name: the one table that the parser, the
// completion, engine/query/compile.ts and docs/filter.md (by a test) all follow.
import { ERRNO_NAMES } from '../errno.ts';

/** What a field's values look like; decides the operators and how a value is read. */
export type FieldType =
  | 'text'
  | 'integer'
  | 'port'
  | 'size'
  | 'duration'
  | 'endpoint'
  | 'address'
  | 'errno'
  | 'choice'
  | 'time';

export type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~';

export interface Field {
  readonly name: FieldName;
  readonly aliases: readonly string[];
  readonly type: FieldType;
  /** One line for completion and for docs/filter.md. */
  readonly description: string;
  /** The values of a `choice`, and the well-known ones of an `errno`. */
  readonly choices: readonly string[];
  /** Whether an attempt may have none, so that `field = none` makes sense. */
  readonly optional: boolean;
}

export type FieldName =
  | 'proc'
  | 'pid'
  | 'exe'
  | 'cmd'
  | 'user'
  | 'uid'
  | 'unit'
  | 'container'
  | 'remote'
  | 'raddr'
  | 'rport'
  | 'local'
  | 'laddr'
  | 'lport'
  | 'port'
  | 'state'
  | 'outcome'
  | 'error'
  | 'family'
  | 'direction'
  | 'retransmits'
  | 'connect'
  | 'duration'
  | 'rtt'
  | 'bytes'
  | 'sent'
  | 'received'
  | 'closedby'
  | 'verdict'
  | 'group'
  | 'frame'
  | 'race'
  | 'netns'
  | 'started';

const STATES = [
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'CLOSE_WAIT',
  'LAST_ACK',
  'CLOSING',
  'TIME_WAIT',
  'CLOSE',
];
const OUTCOMES = [
  'connecting',
  'open',
  'closed',
  'refused',
  'timed-out',
  'unreachable',
  'abandoned',
  'reset',
  'failed',
  'unknown',
];

interface Extra {
  aliases?: readonly string[];
  choices?: readonly string[];
  optional?: boolean;
}

function field(name: FieldName, type: FieldType, description: string, extra: Extra = {}): Field {
  const { aliases = [], choices = [], optional = false } = extra;
  return { name, aliases, type, description, choices, optional };
}

const MAYBE = { optional: true };

/** Every field, in the order in which completion offers them. */
export const FIELDS: readonly Field[] = [
  field('proc', 'text', 'name of the process', { aliases: ['comm', 'process'], optional: true }),
  field('remote', 'endpoint', 'remote address, with or without a port'),
  field('error', 'errno', 'errno that it ended with', {
    aliases: ['errno'],
    choices: ERRNO_NAMES,
    optional: true,
  }),
  field('outcome', 'choice', 'how it stands or ended', { choices: OUTCOMES }),
  field('verdict', 'text', 'why it failed, or what troubled it: the name of a verdict', MAYBE),
  field('group', 'text', 'group of failures of the same kind', MAYBE),
  field('frame', 'text', 'function in one of its stacks, of the program or the kernel', MAYBE),
  field('state', 'choice', 'TCP state that it is in now', { choices: STATES }),
  field('port', 'port', 'remote or local port'),
  field('connect', 'duration', 'time from the first SYN to ESTABLISHED', MAYBE),
  field('duration', 'duration', 'time from begin to end, or to now while it lasts', MAYBE),
  field('retransmits', 'integer', 'segments sent again, SYNs included'),
  field('pid', 'integer', 'process id', MAYBE),
  field('exe', 'text', 'path of the executable', MAYBE),
  field('cmd', 'text', 'command line, arguments joined by spaces', MAYBE),
  field('user', 'text', 'user name of the process', MAYBE),
  field('uid', 'integer', 'user id of the process', MAYBE),
  field('unit', 'text', 'systemd unit of the process', MAYBE),
  field('container', 'text', 'container id of the process', MAYBE),
  field('raddr', 'address', 'remote address alone'),
  field('rport', 'port', 'remote port'),
  field('local', 'endpoint', 'local address, with or without a port'),
  field('laddr', 'address', 'local address alone'),
  field('lport', 'port', 'local port'),
  field('direction', 'choice', 'who began it', { choices: ['outgoing', 'accepted', 'unknown'] }),
  field('family', 'choice', 'address family', { choices: ['ipv4', 'ipv6'] }),
  field('rtt', 'duration', 'smoothed round-trip time', MAYBE),
  field('bytes', 'size', 'payload bytes, both ways'),
  field('sent', 'size', 'payload bytes sent, without retransmissions'),
  field('received', 'size', 'payload bytes received'),
  field('closedby', 'choice', 'which side closed first', {
    choices: ['local', 'remote'],
    optional: true,
  }),
  field('race', 'integer', 'number of the attempt to another address that it gave way to', MAYBE),
  field('netns', 'integer', 'inode number of the network namespace'),
  field('started', 'time', 'when it began; none for one older than the capture', MAYBE),
];

export type FlagName = 'failed' | 'troubled' | 'open' | 'async' | 'incomplete';

export const FLAGS: readonly { name: FlagName; description: string }[] = [
  { name: 'failed', description: 'ended in a way that an engineer would call a failure' },
  {
    name: 'troubled',
    description: 'did not fail, but has a verdict: it stalled, was slow to begin, …',
  },
  { name: 'open', description: 'established and not ended' },
  { name: 'async', description: 'connect(2) returned EINPROGRESS, or was asked of io_uring' },
  { name: 'incomplete', description: 'events of it may have been lost' },
];

export const KEYWORDS: readonly { name: 'and' | 'or' | 'not' | 'in'; description: string }[] = [
  { name: 'and', description: 'both; may be left out' },
  { name: 'or', description: 'either' },
  { name: 'not', description: 'the opposite of what follows' },
  { name: 'in', description: 'one of a list: port in (80, 443)' },
];

const EQUALITY: readonly Operator[] = ['=', '!='];
const ORDER: readonly Operator[] = ['=', '!=', '>', '>=', '<', '<='];
const TEXT: readonly Operator[] = ['=', '!=', '~'];

const OPERATORS: { readonly [type in FieldType]: readonly Operator[] } = {
  text: TEXT,
  endpoint: TEXT,
  address: TEXT,
  errno: TEXT,
  choice: EQUALITY,
  integer: ORDER,
  port: ORDER,
  size: ORDER,
  duration: ORDER,
  time: ['>', '>=', '<', '<=', '=', '!='],
};

/** The operators that a field takes; `in` goes with every one that takes `=`. */
export function operatorsOf(of: Field): readonly Operator[] {
  return OPERATORS[of.type];
}

const BY_NAME = new Map<string, Field>(
  FIELDS.flatMap((each) => [each.name, ...each.aliases].map((name) => [name, each] as const)),
);
const FLAGS_BY_NAME = new Map<string, FlagName>(FLAGS.map(({ name }) => [name, name]));

/** The field of a name or alias, in any case. */
export function fieldByName(name: string): Field | null {
  return BY_NAME.get(name.toLowerCase()) ?? null;
}

export function flagByName(name: string): FlagName | null {
  return FLAGS_BY_NAME.get(name.toLowerCase()) ?? null;
}
