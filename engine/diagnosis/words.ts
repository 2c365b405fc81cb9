// Words that the rules share.
import type { AttemptRow } from '../../contract/attempt.ts';

export { sayDuration as duration } from '../query/event-text.ts';

/** `10.0.0.2:443`, `[::1]:443`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function remote({ remoteAddress, remotePort }: AttemptRow): string {
  return endpoint(remoteAddress, remotePort);
}

/** The program, `it` when nobody is known. */
export function who({ comm, pid }: AttemptRow): string {
  return comm === null ? 'The caller' : pid === null ? comm : `${comm} (pid ${pid})`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
