// A page with an engine of synthetic attempts behind it, over the real wire protocol:
// for what a real kernel does not do on demand (100,000 rows, no capture, a lost server).
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Alert } from '../../contract/alerts.ts';
import type {
  ApiError,
  AskedThread,
  AttemptsQuery,
  Hello,
  Overview,
  Selection,
  SessionStatus,
} from '../../contract/api.ts';
import type { AttemptRow } from '../../contract/attempt.ts';
import type { AttemptId } from '../../contract/units.ts';
import type { WireRequest } from '../../contract/wire.ts';
import { askedDetail, attemptRow, BEGIN } from './synthetic.ts';
import { failureGroups, madeUpAlert, ofKind } from './synthetic-verdicts.ts';

const PAGE = new URL('../../dist/renderer/', import.meta.url).pathname;
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

export interface SyntheticOptions {
  readonly attempts: number;
  readonly kind?: 'live' | 'file';
  /** No capture at all, with this reason. */
  readonly captureProblem?: Hello['captureProblem'];
  /** What comes of asking a thread for its stack; it is given by `askedDetail`. */
  readonly askThread?: () => Promise<{ result: AskedThread } | { error: ApiError }>;
}

export interface SyntheticServer {
  readonly url: string;
  /** Adds attempts to the live session and tells the page. */
  add(count: number): void;
  /** Adds failures of a kind that was not there before, by its title. */
  addKind(title: string, count: number): void;
  /** Raises an alert in the live session. */
  raise(part?: Partial<Alert>): void;
  /** Questions asked by name so far. */
  readonly asked: Map<string, number>;
  close(): Promise<void>;
}

export async function startSynthetic(options: SyntheticOptions): Promise<SyntheticServer> {
  const engine = syntheticEngine(options);
  const asked = new Map<string, number>();
  const http = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname);
    readFile(join(PAGE, path === '/' ? 'index.html' : path)).then(
      (content) => {
        response.setHeader(
          'content-type',
          TYPES[extname(path === '/' ? '.html' : path)] ?? 'text/html',
        );
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  const sockets = new WebSocketServer({ server: http, path: '/socket' });
  sockets.on('connection', (socket) => {
    socket.on('message', (text) => {
      const request = JSON.parse(String(text)) as WireRequest;
      asked.set(request.method, (asked.get(request.method) ?? 0) + 1);
      if (request.method === 'askThread') {
        void options.askThread?.().then((answer) => {
          if ('result' in answer) engine.told(request.params.id, answer.result);
          socket.send(JSON.stringify({ id: request.id, ...answer }));
        });
        return;
      }
      socket.send(JSON.stringify({ id: request.id, ...engine.answer(request) }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    asked,
    add(count) {
      engine.add(count);
      tell(sockets.clients, { notice: { kind: 'changed', status: engine.status() } });
    },
    addKind(title, count) {
      engine.add(count, (row) => ofKind(row, title));
      tell(sockets.clients, { notice: { kind: 'changed', status: engine.status() } });
    },
    raise(part) {
      const alert = engine.raise(part);
      tell(sockets.clients, { notice: { kind: 'alert', session: 'live', alert } });
    },
    close: () => closeAll(http, sockets),
  };
}

function tell(clients: Iterable<WebSocket>, message: unknown): void {
  for (const client of clients) client.send(JSON.stringify(message));
}

function closeAll(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  http.closeAllConnections();
  return new Promise((resolve) => http.close(() => resolve()));
}

function syntheticEngine(options: SyntheticOptions) {
  const kind = options.kind ?? 'live';
  let rows = Array.from({ length: options.attempts }, (_, index) => attemptRow(index + 1));
  let alerts: readonly Alert[] = [];
  let version = 1;
  const told = new Map<AttemptId, AskedThread>();
  const status = (): SessionStatus => syntheticStatus(kind, rows, version);
  return {
    status,
    told: (id: AttemptId, thread: AskedThread) => void told.set(id, thread),
    add(count: number, change: (row: AttemptRow) => AttemptRow = (row) => row): void {
      const next = Array.from({ length: count }, (_, index) => attemptRow(rows.length + index + 1));
      rows = [...rows, ...next.map(change)];
      version += 1;
    },
    raise(part?: Partial<Alert>): Alert {
      const alert = madeUpAlert(alerts.length + 1, status().endedAt, part);
      alerts = [alert, ...alerts];
      return alert;
    },
    answer(request: WireRequest): { result: unknown } {
      switch (request.method) {
        case 'hello':
          return { result: hello(options, status()) };
        case 'status':
          return { result: status() };
        case 'attempts':
          return { result: { ...page(rows, request.params), version } };
        case 'attempt':
          return { result: askedDetail(request.params.id, told.get(request.params.id)) };
        case 'overview':
          return {
            result: overview(select(rows, request.params.selection), request.params.buckets),
          };
        case 'groups': {
          const { selection, limit } = request.params;
          return { result: failureGroups(select(rows, selection), limit) };
        }
        case 'alerts':
          return { result: alerts };
        case 'complete':
          return { result: [...new Set(rows.slice(0, 50).map((row) => row.comm ?? ''))] };
        default:
          return { result: null };
      }
    },
  };
}

function hello(options: SyntheticOptions, status: SessionStatus): Hello {
  const problem = options.captureProblem ?? null;
  return {
    synscopeVersion: '0.0.0-test',
    live: problem === null && status.kind === 'live' ? status.session : null,
    captureProblem: problem,
    sessions: problem === null ? [status] : [],
  };
}

function syntheticStatus(
  kind: 'live' | 'file',
  rows: readonly AttemptRow[],
  version: number,
): SessionStatus {
  return {
    session: kind === 'live' ? 'live' : 'file-1',
    kind,
    name: kind === 'live' ? null : 'failures.synscope',
    path: null,
    startedAt: BEGIN,
    endedAt: BEGIN + rows.length * 137,
    host: 'web-7',
    kernel: 'Linux 6.12.0-amd64',
    synscopeVersion: '0.0.0-test',
    attempts: rows.length,
    failures: rows.filter((row) => row.failed).length,
    open: rows.filter((row) => !row.ended).length,
    events: rows.length * 6,
    eventsPerSecond: kind === 'live' ? 1_284 : 0,
    lost: 0,
    hooks: [
      {
        family: 'state',
        hook: 'tp_btf/inet_sock_set_state',
        attached: true,
        required: true,
        problem: null,
      },
      {
        family: 'retransmit',
        hook: 'tp_btf/tcp_retransmit_skb',
        attached: true,
        required: false,
        problem: null,
      },
      {
        family: 'connect',
        hook: 'fexit/__sys_connect',
        attached: false,
        required: false,
        problem: 'fexit is refused by this kernel (EPERM); the syscall tracepoint is used instead.',
      },
    ],
    ringFill: kind === 'live' ? 0.004 : 0,
    unwritten: 0,
    fileBytes: 38_000_000,
    completeness: null,
    bounds: kind === 'live' ? { maxAgeMs: 900_000, maxBytes: 512_000_000 } : null,
    notes: [],
    version,
  };
}

/** Free words and the filters of groups; the language has its own tests. */
function select(rows: readonly AttemptRow[], selection: Selection): AttemptRow[] {
  const { failedOnly, upToId, range, filter } = selection;
  return rows.filter((row) => {
    if (failedOnly && !row.failed) return false;
    if (upToId !== null && row.id > upToId) return false;
    if (range !== null && ((row.startedAt ?? 0) < range.from || (row.startedAt ?? 0) > range.to))
      return false;
    const [, verdict, port] = /verdict = ([\w-]+)(?: and rport = (\d+))?/.exec(filter) ?? [];
    if (verdict !== undefined)
      return row.verdict?.id === verdict && (port === undefined || row.remotePort === Number(port));
    return filter === '' || `${row.comm} ${row.remoteAddress}`.includes(filter);
  });
}

const SORT_VALUE: Record<string, (row: AttemptRow) => number | string> = {
  started: (row) => row.id,
  retransmits: (row) => row.retransmits,
  duration: (row) => row.durationMs ?? -1,
  process: (row) => row.comm ?? '',
};

function page(rows: readonly AttemptRow[], query: AttemptsQuery) {
  const value = SORT_VALUE[query.sort.column] ?? ((row: AttemptRow) => row.id);
  const sign = query.sort.descending ? -1 : 1;
  const selected = select(rows, query.selection).sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    return sign * (left < right ? -1 : left > right ? 1 : a.id - b.id);
  });
  return {
    rows: selected.slice(query.offset, query.offset + query.limit),
    offset: query.offset,
    total: selected.length,
    newestId: rows.at(-1)?.id ?? 0,
  };
}

function overview(rows: readonly AttemptRow[], buckets: number): Overview {
  const to = BEGIN + Math.max(1, rows.length) * 137;
  const counts = Array.from({ length: buckets }, (_, index) => ({
    at: BEGIN + ((to - BEGIN) * index) / buckets,
    attempts: 0,
    failures: 0,
  }));
  const errors = new Map<
    string,
    { error: string; outcome: AttemptRow['outcome']; count: number }
  >();
  const processes = new Map<string, { comm: string; attempts: number; failures: number }>();
  for (const row of rows) {
    const at = ((row.startedAt ?? BEGIN) - BEGIN) / (to - BEGIN);
    const wave = Math.floor(Math.min(buckets - 1, at * buckets));
    const bucket = counts[wave];
    if (bucket !== undefined) {
      bucket.attempts += 1;
      if (row.failed) bucket.failures += 1;
    }
    const process = processes.get(row.comm ?? '') ?? {
      comm: row.comm ?? '',
      attempts: 0,
      failures: 0,
    };
    process.attempts += 1;
    if (row.failed) {
      process.failures += 1;
      const known = errors.get(row.outcome) ?? {
        error: row.error ?? '',
        outcome: row.outcome,
        count: 0,
      };
      known.count += 1;
      errors.set(row.outcome, known);
    }
    processes.set(process.comm, process);
  }
  return {
    from: BEGIN,
    to,
    buckets: counts,
    byError: [...errors.values()].sort((a, b) => b.count - a.count),
    byProcess: [...processes.values()].sort((a, b) => b.attempts - a.attempts),
    attempts: rows.length,
    failures: rows.filter((row) => row.failed).length,
  };
}
