// The failure lab: every scenario of test/kernel/failures/ is made for real, and the session
// file must name its cause, its errno, its owner and the events that prove it.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AttemptDetail } from '../../contract/attempt.ts';
import { SessionReader } from '../../engine/query/reader.ts';
import { closeCgroups } from './cgroups.ts';
import { atMost, type Child, eventually } from './children.ts';
import { type Scenario, Unavailable } from './failures/scenario.ts';
import { SCENARIOS } from './failures/scenarios.ts';
import { type Lab, type Namespace, openLab } from './lab.ts';
import { Recording, rows, scratch } from './session-file.ts';
import { skipWithoutKernel, whyNoKernel } from './stage.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
const labs: Lab[] = [];
let recording: Recording;
let reader: SessionReader;
let hooks: Set<string>;

beforeAll(async () => {
  if (whyNoKernel()) return;
  recording = await Recording.start(`${folder}/failures.synscope`);
  const options = { session: 'live', kind: 'live', name: null, live: () => null } as const;
  reader = SessionReader.open(recording.file, options);
  const attached = rows(recording.file, 'SELECT family, hook FROM hook WHERE attached = 1');
  hooks = new Set(attached.flatMap(({ family, hook }) => [String(family), String(hook)]));
  if (existsSync('/proc/sys/net/mptcp')) hooks.add('MPTCP');
});

afterAll(async () => {
  reader?.close();
  const ended = await recording?.stop();
  for (const lab of labs) lab.close();
  closeCgroups();
  remove();
  if (ended) expect(ended.code, ended.stderr).toBe(0);
});

/** The newest attempt: the number of a namespace that is gone is given to another one. */
function newest(): number {
  return Number(rows(recording.file, 'SELECT max(id) AS id FROM attempt')[0]?.['id'] ?? 0);
}

/** The failures of a namespace since that attempt, as far as they have their verdict; oldest first. */
function failuresIn({ inode }: Namespace, since: number): AttemptDetail[] {
  const found = rows(
    recording.file,
    `SELECT id FROM attempt WHERE netns = ? AND id > ? AND failed = 1 AND verdict IS NOT NULL
     ORDER BY id`,
    inode,
    since,
  );
  return found.flatMap(({ id }) => reader.attempt(Number(id)) ?? []);
}

/** Kinds of the events that the evidence names; of a context, what it is about. */
function proofsOf({ row, verdict }: AttemptDetail): string[] {
  const ids = (verdict?.evidence ?? []).flatMap(({ eventId }) => eventId ?? []);
  return ids.map((id) => {
    const [event] = rows(
      recording.file,
      `SELECT coalesce(json_extract(detail, '$.about'), kind) AS proof FROM event
       WHERE id = ? AND attempt_id = ?`,
      id,
      row.id,
    );
    return String(event?.['proof'] ?? `event ${id} is none of this attempt`);
  });
}

function expectOwner({ owner, row }: AttemptDetail, culprit: Child): void {
  expect(row.pid).toBe(culprit.pid);
  expect(row.ownerSource).not.toBe('unknown');
  const shown = owner?.cmdline.at(-1) ?? '';
  const { spawnargs } = culprit.process;
  // A long command line of a program that was gone before /proc could be read is cut.
  if (shown.endsWith('…')) expect(spawnargs.join(' ')).toContain(shown.slice(0, -1));
  else expect(shown).toBe(spawnargs.at(-1));
}

function expectVerdict(detail: AttemptDetail, scenario: Scenario): void {
  const { verdict, row } = detail;
  expect(verdict?.id, verdict?.sentence).toBe(scenario.verdict);
  expect(row.error).toBe(scenario.error);
  expect(verdict?.sentence).toMatch(scenario.sentence);
  expect(verdict?.confidence, verdict?.sentence).toBe(scenario.confidence);
  expect(proofsOf(detail)).toEqual(expect.arrayContaining([...scenario.proofs]));
  expect(proofsOf(detail).filter((proof) => proof.includes(' '))).toEqual([]);
  expect(verdict?.next.length).toBeGreaterThan(0);
}

/** Every 50 ms. */
const LOOKS = 40;

interface Played {
  readonly culprit: Child;
  /** Everything that failed in its namespace. */
  readonly failures: readonly AttemptDetail[];
  /** The one with the errno of the scenario. */
  readonly failure: AttemptDetail;
}

/** Makes a scenario fail in a lab of its own, and waits for the verdict on it. */
async function play(scenario: Scenario): Promise<Played> {
  const lab = openLab({ router: scenario.router === true });
  labs.push(lab);
  const since = newest();
  const culprit = await scenario.make(lab);
  let waitedFor = 0;
  const found = () => {
    const failures = failuresIn(lab[scenario.side], since);
    const exact = failures.find(({ row }) => row.error === scenario.error);
    // Another one may come first; when none follows, it is what the test complains of.
    if (failures.length > 0) waitedFor++;
    const failure = exact ?? (waitedFor > LOOKS ? failures[0] : undefined);
    return failure && { culprit, failures, failure };
  };
  const what = `a failure in the namespace of the ${scenario.side}`;
  return await eventually(what, found, scenario.waitMs ?? 20_000);
}

/** Why this kernel cannot tell of it; null when it can. */
function whyNot({ needs = [] }: Scenario): string | null {
  const missing = needs.filter((family) => !hooks.has(family));
  return missing.length === 0 ? null : `this kernel has no ${missing.join()}`;
}

const named = SCENARIOS.map((scenario) => [scenario.verdict, scenario.title, scenario] as const);

test.concurrent.for(named)(
  '%s: %s',
  { timeout: atMost(120_000) },
  async ([verdict, , scenario], context) => {
    const reason = whyNot(scenario);
    if (reason) context.skip(`skipped: ${reason}`);
    const { culprit, failures, failure } = await play(scenario).catch((error: unknown) => {
      if (error instanceof Unavailable) context.skip(`skipped: ${error.message}`);
      throw error;
    });
    const verdicts = new Set(failures.map((each) => each.verdict?.id));
    expect([...verdicts], failure.verdict?.sentence).toEqual([verdict]);
    expectVerdict(failure, scenario);
    for (const each of failures) expectOwner(each, culprit);
  },
);
