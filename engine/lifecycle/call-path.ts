// Which way a call was made and seen. Used by calls.ts and failed-calls.ts.
import { CallVia } from '../../contract/generated/events.ts';
import type { CallPath } from '../session/detail.ts';

const PATHS: Readonly<Record<number, CallPath>> = {
  [CallVia.FEXIT]: 'fexit',
  [CallVia.SYS_EXIT]: 'sys-exit',
  [CallVia.IO_URING]: 'io_uring',
};

export function callPath(via: number): CallPath {
  return PATHS[via] ?? 'sys-exit';
}
