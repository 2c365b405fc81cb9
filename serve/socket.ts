// The WebSocket of a page: checks each call, passes it to the engine, sends the answer
// and the engine's notices. From serve/server.ts, which has checked who it is.
import type { RawData, WebSocket } from 'ws';
import type { ApiError, Notice } from '../contract/api.ts';
import { checkCall } from '../contract/validate.ts';
import type { WireMessage } from '../contract/wire.ts';
import type { Engine } from '../engine/engine-types.ts';
import { asApiError } from '../engine/problem.ts';

/** Calls of one page that the engine may be working on at once; a page needs about five. */
const MAX_CALLS_AT_ONCE = 64;
/** A page that does not take what it is sent gets no notices, and is not listened to, until it has caught up. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

function parse(raw: RawData): { id: number; method: unknown; params: unknown } | null {
  try {
    const value: unknown = JSON.parse(raw.toString());
    if (typeof value !== 'object' || value === null || !('id' in value)) return null;
    const { id } = value;
    if (typeof id !== 'number' || !Number.isFinite(id)) return null;
    return {
      id,
      method: 'method' in value ? value.method : undefined,
      params: 'params' in value ? value.params : undefined,
    };
  } catch {
    return null;
  }
}

/** One page. */
export class PageSocket {
  private readonly socket: WebSocket;
  private readonly engine: Engine;
  private underWay = 0;

  constructor(socket: WebSocket, engine: Engine) {
    this.socket = socket;
    this.engine = engine;
    socket.on('message', (raw, binary) => void this.receive(raw, binary));
    // A torn connection ends in 'close' too; there is nothing to add to it.
    socket.on('error', () => socket.terminate());
  }

  /** Passes a notice on, unless the page is behind. */
  notify(notice: Notice): void {
    if (!this.behind) this.send({ notice });
  }

  private get behind(): boolean {
    return this.socket.bufferedAmount > MAX_UNSENT_BYTES;
  }

  private async receive(raw: RawData, binary: boolean): Promise<void> {
    // Its calls then wait in its own memory, by way of TCP.
    if (this.behind) this.socket.pause();
    const request = binary ? null : parse(raw);
    if (request === null) {
      this.socket.close(1008, 'not a call');
      return;
    }
    const { id, method, params } = request;
    const call = checkCall(method, params);
    if (!call.ok) this.fail(id, { code: 'bad-call', sentence: call.sentence, fix: null });
    else if (this.underWay >= MAX_CALLS_AT_ONCE)
      this.fail(id, { code: 'busy', sentence: 'Too many calls at once.', fix: null });
    else await this.answer(id, call.value.method, call.value.params);
  }

  private async answer(
    id: number,
    method: Parameters<Engine['call']>[0],
    params: Parameters<Engine['call']>[1],
  ): Promise<void> {
    this.underWay += 1;
    try {
      const result = await this.engine.call(method, params);
      this.send({ id, result } as WireMessage);
    } catch (thrown) {
      this.fail(id, asApiError(thrown));
    } finally {
      this.underWay -= 1;
    }
  }

  private fail(id: number, error: ApiError): void {
    this.send({ id, error });
  }

  private send(message: WireMessage): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(JSON.stringify(message), () => {
      if (this.socket.isPaused && !this.behind) this.socket.resume();
    });
  }
}
