// An attempt as a line for people, its stacks under it. From the engine's AttemptDetail
// to the terminal; colours only where the terminal shows them.
import type { AttemptDetail, AttemptRow, Frame, MomentStacks, Stack } from '../contract/attempt.ts';
import { plainText } from '../contract/plain-text.ts';
import { destinationText } from '../engine/query/group-name.ts';
import { formatDuration } from './duration.ts';

export type Paint = (style: 'red' | 'yellow' | 'green' | 'dim' | 'bold', text: string) => string;

const CODES = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 } as const;

/** Paints with ANSI codes, or not at all. */
export function paintFor(coloured: boolean): Paint {
  return (style, text) => (coloured ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

function endpoint(address: string, port: number): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === 0 ? `${host}:-` : `${host}:${port}`;
}

function clock(unixMs: number): string {
  const at = new Date(unixMs);
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}

function outcomeStyle(row: AttemptRow): Parameters<Paint>[0] {
  if (row.failed) return 'red';
  return row.ended ? 'green' : 'yellow';
}

function timings(row: AttemptRow): string {
  // A call fails at once.
  if (row.call !== null) return '';
  const parts: string[] = [];
  if (row.connectMs !== null) parts.push(`connect ${formatDuration(row.connectMs)}`);
  if (row.durationMs !== null) parts.push(`after ${formatDuration(row.durationMs)}`);
  if (row.retransmits > 0)
    parts.push(`${row.retransmits} retransmit${row.retransmits === 1 ? '' : 's'}`);
  return parts.join(', ');
}

function route(row: AttemptRow): string {
  if (row.call !== null) {
    return destinationText(row.direction, row.localAddress, row.localPort, row.call);
  }
  const arrow = { outgoing: '→', accepted: '←', unknown: '–' }[row.direction];
  const local = endpoint(row.localAddress, row.localPort);
  return `${local} ${arrow} ${endpoint(row.remoteAddress, row.remotePort)}`;
}

/** Names come from programs and may hold anything: a terminal gets no control characters from them. */
export function printable(text: string): string {
  return plainText(text);
}

/** `12:04:05.123  refused      curl[812]  10.0.0.1:54312 → 10.0.0.2:443  after 0.2 ms  ECONNREFUSED` */
export function attemptLine(row: AttemptRow, paint: Paint): string {
  const when = row.startedAt === null ? '      older ' : clock(row.startedAt);
  const outcome = paint(outcomeStyle(row), row.outcome.padEnd(11));
  const owner = row.pid === null ? 'unknown' : `${printable(row.comm ?? '?')}[${row.pid}]`;
  const parts = [
    paint('dim', when),
    outcome,
    owner.padEnd(22),
    route(row).padEnd(44),
    timings(row),
  ];
  if (row.error !== null) parts.push(paint('red', row.error));
  return parts.join('  ').trimEnd();
}

/** Why it failed, under the line of its attempt. */
export function verdictText({ verdict }: AttemptDetail, paint: Paint): string | null {
  if (verdict === null) return null;
  const sure = verdict.confidence === 'certain' ? '' : paint('dim', ` (${verdict.confidence})`);
  return `    ${printable(verdict.sentence)}${sure}`;
}

/** `pool.c:12`, and whether the compiler put the function into its caller. */
function sourcePlace({ file, line, inlined }: Frame): string {
  const place = line === null ? `${file}` : `${file}:${line}`;
  return inlined ? `${place}, inlined` : place;
}

function frameLine(frame: Frame, paint: Paint): string {
  const name = frame.name === null ? frame.address : printable(frame.name);
  const module = frame.module === null ? '' : ` (${printable(frame.module)})`;
  const doubt = frame.problem ?? (frame.quality === 'guess' ? 'a guess' : null);
  const place = frame.file === null ? '' : ` ${printable(sourcePlace(frame))}`;
  const note = doubt === null ? '' : paint('dim', ` – ${doubt}`);
  return `        ${name}${paint('dim', module + place)}${note}`;
}

function stackLines(
  kind: string,
  stack: Stack | null,
  problem: string | null,
  paint: Paint,
): string[] {
  if (stack === null) return problem === null ? [] : [`      ${kind}: none, ${problem}`];
  const how = stack.unwinder === kind ? '' : `, ${stack.unwinder}`;
  return [
    `      ${kind}${paint('dim', how)}`,
    ...stack.frames.map((frame) => frameLine(frame, paint)),
    ...(stack.hint === null ? [] : [`        ${paint('dim', printable(stack.hint))}`]),
  ];
}

/** `at connect`, or which thread was asked and where it was. */
function momentName({ moment, asked }: MomentStacks): string {
  return asked === undefined ? `at ${moment}` : `asked, ${printable(asked.text)}`;
}

function momentLines(stacks: MomentStacks, paint: Paint): string[] {
  return [
    `    ${momentName(stacks)}, ${formatDuration(stacks.atMs)} after the begin`,
    ...stackLines('kernel', stacks.kernel, stacks.kernelProblem, paint),
    ...stackLines('user', stacks.user, stacks.userProblem, paint),
  ];
}

/** The stacks of an attempt, kernel above user, each with the moment at which it was taken. */
export function stacksText(detail: AttemptDetail, paint: Paint): string {
  return detail.stacks.flatMap((stacks) => momentLines(stacks, paint)).join('\n');
}
