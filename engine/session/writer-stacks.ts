// Stacks in the session file: their addresses are saved at once (of a copy that is still to
// be unwound the innermost), frames and names when the symbolizer has answered. Used by engine/session/writer.ts; questions and answers pass through
// engine/workers/.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { FrameQuality, StackRequest, SymbolizedFrame } from '../../contract/addon.ts';
import {
  type StackCopyEventReader,
  type StackEventReader,
  StackUnwinder,
} from '../../contract/generated/events.ts';
import { stackCopyPages } from '../capture/decode.ts';
import { EqualStacks } from './equal-stacks.ts';
import { type Fingerprint, fingerprintOf } from './fingerprint.ts';

/** Distinct frames remembered by their content, about 200 bytes each; beyond it some are stored twice. */
const FRAMES = 100_000;
/** Stacks whose fingerprint is remembered, about 50 bytes each. */
const FINGERPRINTS = 131_072;

/** Bytes of stacks that wait to be unwound; beyond it a stack has its innermost address only. */
const WAITING_BYTES = 64 * 1024 * 1024;
const DROPPED = 'its callers are not known: too many stacks waited to be unwound';
/** Of x86-64 and arm64, in the order of DWARF. */
const PROGRAM_COUNTER = process.arch === 'arm64' ? 32 : 16;

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

interface Unanswered {
  readonly processId: number | null;
  readonly bytes: number;
}

export class StackStore {
  readonly #insertStack: StatementSync;
  readonly #insertFrame: StatementSync;
  readonly #insertPlace: StatementSync;
  readonly #deleteBareFrames: StatementSync;
  readonly #deletePlaces: StatementSync;
  readonly #markSymbolized: StatementSync;
  #queue: PendingStack[] = [];
  readonly #unanswered = new Map<number, Unanswered>();
  #waitingBytes = 0;
  readonly #equal = new EqualStacks();
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
      'UPDATE stack SET symbolized = 1, fingerprint = ?, same_as = ? WHERE id = ?',
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
      this.#insertBare(rowId, index, addresses[index], quality, null);
    }
    const request = {
      kind,
      tgid: event.task.tgid,
      uid: event.task.uid,
      timeNs: event.header.timeNs,
      addresses,
      atStackPointer: event.atStackPointer,
    } as const;
    this.#enqueue(rowId, request, processId);
  }

  /** Saves where a program stood, and queues its stack for being unwound and named. */
  addCopy(rowId: number, event: StackCopyEventReader, processId: number | null): void {
    const how = UNWINDERS[StackUnwinder.COPY] ?? '';
    if (this.#insertStack.run(rowId, 'user', how, processId).changes === 0) return;
    const registers = BigUint64Array.from({ length: PROGRAM_COUNTER + 1 }, (_, index) =>
      event.registers(index),
    );
    const counter = registers[PROGRAM_COUNTER] ?? 0n;
    const bytes = stackCopyPages(event);
    const full = this.#waitingBytes + bytes.length > WAITING_BYTES;
    this.#insertBare(rowId, 0, counter, 'cfi', full ? DROPPED : null);
    if (full) {
      this.#markSymbolized.run(null, null, rowId);
      return;
    }
    const { start, readable, task, header } = event;
    const request = {
      kind: 'user',
      tgid: task.tgid,
      uid: task.uid,
      timeNs: header.timeNs,
      addresses: BigUint64Array.of(counter),
      copy: { registers, start, readable, bytes },
    } as const;
    this.#enqueue(rowId, request, processId);
  }

  #insertBare(
    rowId: number,
    depth: number,
    address: bigint | undefined,
    quality: FrameQuality,
    problem: string | null,
  ): void {
    const found = [hexadecimal(address), quality, problem];
    const values = [null, null, null, null, ...found, null, null, 0];
    const { lastInsertRowid } = this.#insertFrame.run(...values);
    this.#insertPlace.run(rowId, depth, lastInsertRowid);
  }

  #enqueue(rowId: number, request: StackRequest, processId: number | null): void {
    const bytes = request.copy?.bytes.length ?? 0;
    this.#waitingBytes += bytes;
    this.#queue.push({ rowId, request });
    this.#unanswered.set(rowId, { processId, bytes });
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
    const { processId = null, bytes = 0 } = this.#unanswered.get(rowId) ?? {};
    this.#unanswered.delete(rowId);
    this.#waitingBytes -= bytes;
    if (frames.length === 0) return;
    this.#deleteBareFrames.run(rowId);
    this.#deletePlaces.run(rowId);
    const ids = frames.map((frame, depth) => {
      // Frames of the hooks themselves are left out, and a recovered caller is put in, so
      // only the frame knows its address.
      const address =
        frame.address ?? request.addresses[Math.min(depth, request.addresses.length - 1)];
      return this.#frameId(frame, hexadecimal(address));
    });
    const first = request.copy ? this.#equal.firstOf(rowId, processId, ids) : rowId;
    if (first === rowId) {
      for (const [depth, id] of ids.entries()) this.#insertPlace.run(rowId, depth, id);
    }
    const known = first === rowId ? null : this.fingerprint(first);
    const fingerprint = request.kind === 'user' ? (known ?? fingerprintOf(frames)) : null;
    this.#markSymbolized.run(fingerprint?.hash ?? null, first === rowId ? null : first, rowId);
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
    this.#equal.forget();
  }
}

function hexadecimal(address: bigint | undefined): string {
  return `0x${(address ?? 0n).toString(16)}`;
}
