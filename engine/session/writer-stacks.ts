// Stacks in the session file: their addresses are saved at once, names when the symbolizer
// has answered. Used by engine/session/writer.ts; questions and answers pass through
// engine/workers/.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StackRequest, SymbolizedFrame } from '../../contract/addon.ts';
import { type StackEventReader, StackUnwinder } from '../../contract/generated/events.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';

/** Distinct frames remembered by their content, about 200 bytes each; beyond it some are stored twice. */
const FRAMES = 100_000;
/** Stacks whose fingerprint is remembered, about 50 bytes each. */
const FINGERPRINTS = 131_072;

/** A stack that waits for names. */
export interface PendingStack {
  readonly rowId: number;
  readonly request: StackRequest;
}

const UNWINDERS: Readonly<Record<number, string>> = {
  [StackUnwinder.KERNEL]: 'kernel',
  [StackUnwinder.FRAME_POINTER]: 'frame-pointer',
  [StackUnwinder.COPY]: 'cfi',
};

export class StackStore {
  readonly #insertStack: StatementSync;
  readonly #insertFrame: StatementSync;
  readonly #insertPlace: StatementSync;
  readonly #deleteBareFrames: StatementSync;
  readonly #deletePlaces: StatementSync;
  readonly #markSymbolized: StatementSync;
  #queue: PendingStack[] = [];
  readonly #unanswered = new Map<number, StackRequest>();
  #frameIds = new Map<string, number>();
  readonly #fingerprints = new Map<number, Fingerprint>();

  constructor(database: DatabaseSync) {
    this.#insertStack = database.prepare(
      'INSERT OR IGNORE INTO stack (id, kind, unwinder, process_id, symbolized) VALUES (?, ?, ?, ?, 0)',
    );
    this.#insertFrame = database.prepare(
      `INSERT INTO frame (name, module, build_id, offset, address, quality, problem, file, line, inlined)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertPlace = database.prepare(
      'INSERT INTO stack_frame (stack_id, depth, frame_id) VALUES (?, ?, ?)',
    );
    this.#deleteBareFrames = database.prepare(
      'DELETE FROM frame WHERE id IN (SELECT frame_id FROM stack_frame WHERE stack_id = ?)',
    );
    this.#deletePlaces = database.prepare('DELETE FROM stack_frame WHERE stack_id = ?');
    this.#markSymbolized = database.prepare(
      'UPDATE stack SET symbolized = 1, fingerprint = ? WHERE id = ?',
    );
  }

  /** Saves the addresses of a stack that was not seen before and queues it for the symbolizer. */
  add(rowId: number, event: StackEventReader, processId: number | null): void {
    const { unwinder, depth } = event;
    const kind = unwinder === StackUnwinder.KERNEL ? 'kernel' : 'user';
    const how = UNWINDERS[unwinder] ?? 'unknown';
    if (this.#insertStack.run(rowId, kind, how, processId).changes === 0) return;
    const addresses = new BigUint64Array(depth);
    const quality = kind === 'kernel' ? 'kernel' : 'frame-pointer';
    for (let index = 0; index < depth; index++) {
      addresses[index] = event.addresses(index);
      const address = hexadecimal(addresses[index]);
      const frame = this.#insertFrame.run(
        null,
        null,
        null,
        null,
        address,
        quality,
        null,
        null,
        null,
        0,
      );
      this.#insertPlace.run(rowId, index, frame.lastInsertRowid);
    }
    const request = {
      kind,
      tgid: event.task.tgid,
      uid: event.task.uid,
      timeNs: event.header.timeNs,
      addresses,
      atStackPointer: event.atStackPointer,
    } as const;
    this.#queue.push({ rowId, request });
    this.#unanswered.set(rowId, request);
  }

  /** Stacks to symbolize now, at most `limit`. */
  take(limit: number): PendingStack[] {
    return this.#queue.splice(0, limit);
  }

  /** How many stacks the symbolizer owes names. */
  get pending(): number {
    return this.#unanswered.size;
  }

  /** True while the symbolizer owes the names of this stack. */
  isPending(rowId: number): boolean {
    return this.#unanswered.has(rowId);
  }

  /** Puts named frames in the place of the bare addresses. */
  answer(stack: PendingStack, frames: readonly SymbolizedFrame[]): void {
    const { rowId, request } = stack;
    this.#unanswered.delete(rowId);
    if (frames.length === 0) return;
    this.#deleteBareFrames.run(rowId);
    this.#deletePlaces.run(rowId);
    for (const [depth, frame] of frames.entries()) {
      // Frames of the hooks themselves are left out, and a recovered caller is put in, so
      // only the frame knows its address.
      const address =
        frame.address ?? request.addresses[Math.min(depth, request.addresses.length - 1)];
      this.#insertPlace.run(rowId, depth, this.#frameId(frame, hexadecimal(address)));
    }
    const fingerprint = request.kind === 'user' ? fingerprintOf(frames) : null;
    this.#markSymbolized.run(fingerprint?.hash ?? null, rowId);
    if (fingerprint) this.#remember(rowId, fingerprint);
  }

  #remember(rowId: number, fingerprint: Fingerprint): void {
    this.#fingerprints.set(rowId, fingerprint);
    if (this.#fingerprints.size <= FINGERPRINTS) return;
    for (const oldest of this.#fingerprints.keys()) {
      this.#fingerprints.delete(oldest);
      break;
    }
  }

  /** Of a user stack that has its names; null for every other. */
  fingerprint(rowId: number): Fingerprint | null {
    return this.#fingerprints.get(rowId) ?? null;
  }

  #frameId(frame: SymbolizedFrame, address: string): number | bigint {
    const { name, module, buildId, offset, quality, problem, file, line, inlined } = frame;
    const key = `${address} ${quality} ${offset} ${buildId} ${inlined} ${line} ${name} ${module} ${problem} ${file}`;
    const known = this.#frameIds.get(key);
    if (known !== undefined) return known;
    if (this.#frameIds.size >= FRAMES) this.#frameIds.clear();
    const { lastInsertRowid } = this.#insertFrame.run(
      name,
      module,
      buildId,
      offset,
      address,
      quality,
      problem,
      file,
      line,
      Number(inlined),
    );
    this.#frameIds.set(key, Number(lastInsertRowid));
    return lastInsertRowid;
  }

  /** Rows of frames were removed or rolled back: none is known any more. */
  forgetFrames(): void {
    this.#frameIds.clear();
  }
}

function hexadecimal(address: bigint | undefined): string {
  return `0x${(address ?? 0n).toString(16)}`;
}
