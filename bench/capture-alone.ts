// A process that only captures: hooks, ring and reader thread, and nothing that looks at a
// record. Beside it, the cost of the engine shows. Started by bench/tracers.ts.
//   node bench/capture-alone.ts ADDON    ends at SIGINT, with its counters on stdout
import { createRequire } from 'node:module';
import type { SynscopeAddon } from '../contract/addon.ts';

const addon: SynscopeAddon = createRequire(import.meta.url)(process.argv[2] ?? '');
const capture = addon.startCapture({ onBatch: () => {} });
const idle = setInterval(() => {}, 1 << 30);
process.once('SIGINT', () => {
  void capture.close().then(() => {
    const { emitted, delivered, lost, missed } = capture.counters();
    console.log(JSON.stringify({ emitted, delivered, lost, missed }));
    clearInterval(idle);
  });
});
console.error('capturing');
