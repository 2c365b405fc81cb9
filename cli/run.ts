// One command line from its arguments to its exit status: 0 = done, 1 = it could not be,
// 2 = it was written wrong. Called by cli/main.ts.
import { type Command, CommanderError } from 'commander';
import { explain } from './complain.ts';
import { program } from './program.ts';

/** The filter that was asked for, so that a problem can point into it. */
function filterOf(args: readonly string[]): string {
  const at = args.findIndex((arg) => arg === '--filter' || arg.startsWith('--filter='));
  const arg = at < 0 ? '' : (args[at] ?? '');
  return arg.startsWith('--filter=') ? arg.slice('--filter='.length) : (args[at + 1] ?? '');
}

/** Runs it; resolves with the exit status after having said on stderr what went wrong. */
export async function run(args: readonly string[], command: Command = program()): Promise<number> {
  try {
    await command.parseAsync(args, { from: 'user' });
    return process.exitCode === undefined ? 0 : Number(process.exitCode);
  } catch (thrown) {
    // commander has already said what is wrong, or printed the help that was asked for.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const { text, status } = explain(thrown, filterOf(args));
    process.stderr.write(text);
    return status;
  }
}
