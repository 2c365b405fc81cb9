// `npm run -s synscope -- …`: the command line in the checkout. Sets up first if need be,
// with progress on stderr, since stdout belongs to the command.
import { join } from 'node:path';
import { become } from './child.mjs';
import { node, setUp } from './setup.mjs';
import { giveUp, progressTo, ROOT } from './steps.mjs';

progressTo(process.stderr);
await setUp().catch(giveUp);
const command = [join(ROOT, 'cli/main.ts'), ...process.argv.slice(2)];
// npm runs scripts in the checkout; paths are from where the person typed them.
process.exitCode = await become(node(), command, process.env, process.env.INIT_CWD);
