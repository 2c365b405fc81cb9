// The flame graph's tree as the chart draws it: names, colours, texts. Pure.
import type { Flame, FlameNode } from '../../../contract/flame.ts';
import { comparison } from '../../shared/filter-syntax.ts';
import { formatCount, formatShare, plural } from '../../shared/format.ts';
import { frameFilter, shortFunction } from '../../shared/function-name.ts';

/** A node of the chart; the chart itself writes more into it. */
export interface ChartNode {
  readonly node: FlameNode;
  /** The way to it from the root, by which it is found again in newer data. */
  readonly key: string;
  readonly name: string;
  readonly value: number;
  readonly children: ChartNode[];
}

/** What a node is called on a line. */
export function nodeName({ kind, name, count }: FlameNode): string {
  if (kind === 'all') return 'all with a stack';
  if (kind === 'others') return `… ${formatCount(count)} others`;
  if (kind === 'process') return name === '' ? 'owner unknown' : name;
  return shortFunction(name);
}

export function chartTree(node: FlameNode, above = ''): ChartNode {
  const key = `${above}\n${node.kind} ${node.module ?? ''} ${node.name}`;
  const children = node.children.map((child) => chartTree(child, key));
  return { node, key, name: nodeName(node), value: node.attempts, children };
}

/** Colours that libraries have, beside the one of all others. */
export const COLOURS = 7;

/** Files with most attempts in their functions, each with the number of its colour. */
export function moduleColours(root: FlameNode): Map<string, number> {
  const attempts = new Map<string, number>();
  const visit = (node: FlameNode): void => {
    const { module, children } = node;
    if (module !== null) attempts.set(module, (attempts.get(module) ?? 0) + node.attempts);
    children.forEach(visit);
  };
  visit(root);
  const most = [...attempts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return new Map(most.slice(0, COLOURS).map(([module], at) => [module, at]));
}

/** What the colour of a frame tells. */
export type Colouring = 'library' | 'failures';

export function colourOf(
  { kind, module, attempts, failures }: FlameNode,
  colouring: Colouring,
  colours: ReadonlyMap<string, number>,
): string {
  if (kind === 'others') return 'var(--flame-rest)';
  if (colouring === 'failures') {
    const share = attempts === 0 ? 0 : Math.round((failures / attempts) * 100);
    return `color-mix(in srgb, var(--flame-failed) ${share}%, var(--flame-rest))`;
  }
  const colour = module === null ? undefined : colours.get(module);
  return colour === undefined ? 'var(--flame-rest)' : `var(--flame-${colour})`;
}

/** `532 attempts, 12 % of those with a stack, 120 failed`. */
export function countText({ attempts, failures }: FlameNode, root: FlameNode): string {
  const share = root.attempts === 0 ? 0 : attempts / root.attempts;
  const failed = failures === 0 ? 'none failed' : `${formatCount(failures)} failed`;
  return `${plural(attempts, 'attempt')} (${formatShare(share)}), ${failed}`;
}

/** The whole of a node, for who cannot see it. */
export function spokenNode(node: FlameNode, root: FlameNode): string {
  const where = node.module === null ? '' : ` in ${node.module}`;
  return `${nodeName(node)}${where}: ${countText(node, root)}`;
}

/** Filter text for the attempts of a function or process; null for what is neither. */
export function nodeFilter({ kind, name }: FlameNode): string | null {
  if (kind === 'process') return name === '' ? 'proc = none' : comparison('proc', name);
  return kind === 'frame' && name !== '(unknown)' ? frameFilter(name) : null;
}

/** Whether a search finds a node: in its name or its file, in any case. */
export function nodeMatches({ kind, name, module }: FlameNode, term: string): boolean {
  if (kind === 'all' || kind === 'others') return false;
  const text = term.trim().toLowerCase();
  return text !== '' && `${name}\n${module ?? ''}`.toLowerCase().includes(text);
}

/** The attempts that are not drawn, one reason each. */
export function withoutTexts({ without }: Flame): string[] {
  const { accepted, older, missing, unnamed, unread } = without;
  const reasons: [number, string][] = [
    [accepted, 'accepted: a packet opened them, no call of the program'],
    [older, 'older than the capture'],
    [missing, 'without a stack: left out at a high rate, or not to be read'],
    [unnamed, 'with a stack that waits for its names'],
    [unread, 'with a stack that is being read now'],
  ];
  return reasons.flatMap(([count, text]) => (count > 0 ? [`${formatCount(count)} ${text}`] : []));
}
