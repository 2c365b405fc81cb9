// What the capture missed, and who must know: records that were lost, hooks that the kernel
// skipped, records that make no sense, and drops that were left out. Part of a CaptureRun
// (capture-run.ts).
import type { CaptureCounters } from '../../contract/addon.ts';
import type { SessionNanoseconds } from '../../contract/units.ts';
import type { BatchDecoder } from '../capture/decode.ts';
import { plural } from '../diagnosis/words.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';

export class CaptureGaps {
  readonly #decoder: BatchDecoder;
  readonly #lifecycle: Lifecycle;
  readonly #note: (sentence: string) => void;
  #gaps = 0;
  #countedNs: SessionNanoseconds = 0;
  #dropsSkipped = 0;

  /** `note` gets a sentence that belongs into the file. */
  constructor(decoder: BatchDecoder, lifecycle: Lifecycle, note: (sentence: string) => void) {
    this.#decoder = decoder;
    this.#lifecycle = lifecycle;
    this.#note = note;
  }

  /** Records that nobody will see. */
  lost({ lost, missed }: CaptureCounters): number {
    return lost + missed + this.#decoder.malformed;
  }

  /**
   * Compares with the last time. `counters` were read between `beforeNs` and `afterNs`; what
   * is missing since is from between then and the last time.
   */
  count(
    counters: CaptureCounters,
    beforeNs: SessionNanoseconds,
    afterNs: SessionNanoseconds,
  ): void {
    this.#countSkipped(counters);
    const { fault } = this.#decoder;
    const gaps = this.lost(counters);
    const { losses } = this.#lifecycle;
    if (gaps === this.#gaps) losses.none();
    else losses.between(this.#countedNs, afterNs);
    if (gaps !== this.#gaps && fault !== null) this.#note(`Records were skipped: ${fault}.`);
    this.#gaps = gaps;
    this.#countedNs = beforeNs;
  }

  /** Under a flood of packets that are thrown away, the BPF side tells of some only (bpf/drop.bpf.c). */
  #countSkipped({ dropsSkipped }: CaptureCounters): void {
    if (dropsSkipped === this.#dropsSkipped) return;
    this.#dropsSkipped = dropsSkipped;
    this.#lifecycle.dropsSkipped();
    this.#note(
      'Packets were thrown away faster than they may be told of one by one: with some attempts, drops are missing.',
    );
  }

  /** The capture ends: says how much was left out. */
  finish({ dropsSkipped }: CaptureCounters): void {
    if (dropsSkipped === 0) return;
    const packets = plural(dropsSkipped, 'packet');
    this.#note(`${packets} that this machine threw away were not told of.`);
  }
}
