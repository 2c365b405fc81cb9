// The `synscope` command: runs the command line, explains what went wrong. The stop before
// is the shell of a person; after it the other files of cli/.
import { explain, outputProblem } from './complain.ts';
import { run } from './run.ts';

let outputFailed = false;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `… | head` has read enough: no error, nothing more to say.
  if (error.code === 'EPIPE' || outputFailed) return;
  outputFailed = true;
  process.exitCode = 1;
  process.stderr.write(explain(outputProblem(error), '').text);
});

const status = await run(process.argv.slice(2));
process.exitCode = outputFailed ? 1 : status;
