// What Electron loads: package.json's "main" is its bundle. Everything is in main.ts,
// which a test can import without starting.
import { app } from 'electron';
import { main } from './main.ts';

main().catch((error: unknown) => {
  process.stderr.write(`synscope: ${error instanceof Error ? error.message : String(error)}\n`);
  app.exit(1);
});
