// `npm run bench -- NAME…`: sets up as `npm test` does, then runs bench/run.ts on the Node
// runtime of Synscope. Plain JavaScript: it runs before anything is installed.
import { become } from '../scripts/launch/child.mjs';
import { node, setUp } from '../scripts/launch/setup.mjs';
import { giveUp, ROOT } from '../scripts/launch/steps.mjs';

await setUp({ tests: true }).catch(giveUp);
const command = ['bench/run.ts', ...process.argv.slice(2)];
process.exitCode = await become(node(), command, process.env, ROOT);
