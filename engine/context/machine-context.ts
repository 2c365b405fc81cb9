// What is asked of the machine when an attempt failed, cheapest first. Each question is a
// file of its own; this one decides which are worth asking for this failure.
import type { ContextDetail } from '../diagnosis/context.ts';
import type { ContextSource } from '../diagnosis/diagnosis.ts';
import { isOwnAddress } from '../diagnosis/facts.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { ListenerTable } from '../lifecycle/listeners.ts';

export class MachineContext implements ContextSource {
  readonly #listeners: ListenerTable;

  constructor(listeners: ListenerTable) {
    this.#listeners = listeners;
  }

  ask(attempt: Attempt): readonly ContextDetail[] {
    return attempt.outcome === 'refused' && isOwnAddress(attempt) ? [this.#listener(attempt)] : [];
  }

  /** Only for a peer that is this machine; another one's listeners are not ours to know. */
  #listener({ netns, remoteAddress, remotePort }: Attempt): ContextDetail {
    const all = this.#listeners.at(netns, remoteAddress, remotePort);
    const owner = all[0]?.owner ?? null;
    return {
      about: 'listener',
      listeners: all.length,
      pid: owner?.pid ?? null,
      comm: owner?.comm ?? null,
    };
  }
}
