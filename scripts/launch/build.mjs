// `npm run build`: everything that is made from the source, the bundles of an installed
// Synscope included.
import { buildPrograms, setUp } from './setup.mjs';
import { giveUp, say } from './steps.mjs';

async function build() {
  await setUp();
  await buildPrograms();
  say('Built: native/build, dist/renderer, dist/node.');
}

await build().catch(giveUp);
