// Nothing disappears between the kernel and us: of a program whose every record is known
// beforehand, those that came and those that were counted as lost are all of them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Capture, CaptureCounters } from '../../contract/addon.ts';
import { loadAddon } from '../../engine/capture/addon.ts';
import { BatchDecoder, type RecordSink } from '../../engine/capture/decode.ts';
import { type Child, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { program } from './programs.ts';
import { skipWithoutKernel, whyNoKernel } from './stage.ts';

skipWithoutKernel();

/** A refused connect over loopback: CLOSE → SYN_SENT → CLOSE, and why. */
const PER_CONNECT = { state: 2, error: 1, resetReceived: 1, connect: 1, destroy: 1 };
const KINDS = Object.keys(PER_CONNECT) as (keyof typeof PER_CONNECT)[];
/** Their hooks where these are called otherwise. */
const FAMILIES: Partial<Record<keyof typeof PER_CONNECT, string>> = {
  resetReceived: 'reset-received',
};

/** Kinds that this kernel can tell of: 5.10 has no hook for errors. */
function told({ hooks }: Capture): (keyof typeof PER_CONNECT)[] {
  return KINDS.filter((kind) => {
    const wanted = FAMILIES[kind] ?? kind;
    return hooks.some(({ family, attached }) => attached && family === wanted);
  });
}

let lab: Lab;
const nothing = () => {};

beforeAll(() => {
  if (!whyNoKernel()) lab = openLab();
});

afterAll(() => lab?.close());

/** Counts what comes of a network namespace, by kind. */
class Seen implements RecordSink {
  readonly counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as typeof PER_CONNECT;
  readonly #netns: number;
  accept = nothing;
  retransmit = nothing;
  synackRetransmit = nothing;
  resetSent = nothing;
  socket = nothing;
  process = nothing;
  stack = nothing;
  stackCopy = nothing;
  threadStack = nothing;
  drop = nothing;
  icmp = nothing;
  failedCall = nothing;
  timers = nothing;
  listener = nothing;

  constructor(netns: number) {
    this.#netns = netns;
  }
  #of(kind: keyof typeof PER_CONNECT) {
    return ({ socket: { netns } }: { readonly socket: { readonly netns: number } }) => {
      if (netns === this.#netns) this.counts[kind]++;
    };
  }
  state = this.#of('state');
  error = this.#of('error');
  resetReceived = this.#of('resetReceived');
  connect = this.#of('connect');
  destroy = this.#of('destroy');

  get total(): number {
    return KINDS.reduce((sum, kind) => sum + this.counts[kind], 0);
  }
}

interface Story {
  readonly seen: Seen;
  readonly capture: Capture;
  /** Waits until everything that was emitted is with us. */
  settled(): Promise<CaptureCounters>;
}

async function capturing(ringBytes: number | null, tell: (story: Story) => Promise<void>) {
  const seen = new Seen(lab.client.inode);
  const decoder = new BatchDecoder(seen);
  const capture = loadAddon().startCapture({
    ...(ringBytes !== null && { ringBytes }),
    onBatch: (batch) => decoder.decode(batch),
  });
  const settled = async () => {
    await pause(150);
    for (;;) {
      const counters = capture.counters();
      const { emitted, delivered, lost } = counters;
      if (emitted === delivered + lost && decoder.records === delivered) return counters;
      await pause(5);
    }
  };
  try {
    await tell({ seen, capture, settled });
  } finally {
    await capture.close();
  }
  expect(decoder.malformed).toBe(0);
}

function otherThanCopies({ lost, stacksLost }: CaptureCounters): number {
  return lost - stacksLost;
}

function openBurst(): Child {
  return lab.client.run(program('burst'), ['4950']);
}

async function connects(burst: Child, count: number): Promise<void> {
  const before = burst.stdout.length;
  burst.process.stdin?.write(`${count}\n`);
  const said = await burst.until('the refusals', () => {
    return /refused (\d+)/.exec(burst.stdout.slice(before))?.[1];
  });
  expect(Number(said)).toBe(count);
}

test('with a ring that holds them all, each record that there must be comes', async () => {
  await capturing(null, async ({ seen, capture, settled }) => {
    const burst = openBurst();
    await connects(burst, 300);
    expect((await settled()).lost).toBe(0);
    for (const kind of told(capture))
      expect([kind, seen.counts[kind]]).toEqual([kind, 300 * PER_CONNECT[kind]]);
    burst.kill();
  });
});

test('with a ring far too small, what came and what was lost is all that was made', async () => {
  await capturing(4096, async ({ seen, capture, settled }) => {
    const burst = openBurst();
    // Who it is and its kernel stacks are sent once; from then on what is counted here, and
    // copies of its stack, of which nobody knows how many there must be.
    for (let i = 0; i < 20; i++) {
      await connects(burst, 1);
      await pause(20);
    }
    const records = told(capture).reduce((sum, kind) => sum + PER_CONNECT[kind], 0);
    const sums: number[] = [];
    let allLost = 0;
    for (let round = 0; round < 10; round++) {
      const lost = otherThanCopies(await settled());
      const came = seen.total;
      await connects(burst, 500);
      const lostNow = otherThanCopies(capture.counters()) - lost;
      await settled();
      allLost += lostNow;
      sums.push(seen.total - came + lostNow);
    }
    burst.kill();
    expect(allLost).toBeGreaterThan(0);
    // Others on this machine may have lost a record in the same milliseconds; never fewer.
    expect(Math.min(...sums), `sums of ${records} × 500: ${sums}`).toBe(records * 500);
  });
});
