// What the command line of the window says: a session file, as `--open FILE` or as the
// bare argument that a file manager passes. Read by electron/main.ts, at start and again
// when a second instance hands its own over.
import { resolve } from 'node:path';

/** Commands that an installed `synscope` passes to the command line instead. */
const COMMANDS: readonly string[] = [
  'trace',
  'record',
  'open',
  'symbolize',
  'export',
  'serve',
  'expect',
  'doctor',
];
const CLI_FLAGS: readonly string[] = ['--help', '-h', '--version', '-V'];

export interface WindowArguments {
  readonly file: string | null;
  readonly capture: boolean;
}

/** The arguments after the program's own. `[electron, root, …]` in a checkout, `[synscope, …]` installed. */
export function ownArguments(argv: readonly string[], packaged: boolean): readonly string[] {
  return argv.slice(packaged ? 1 : 2);
}

/** Whether these arguments are a command of cli/ and want no window. */
export function isCommand(args: readonly string[]): boolean {
  const [first = ''] = args;
  return COMMANDS.includes(first) || CLI_FLAGS.includes(first);
}

/** Chromium's own switches are among them, and are passed over. */
export function readArguments(args: readonly string[], folder: string): WindowArguments {
  let file: string | null = null;
  let capture = true;
  for (const [index, arg] of args.entries()) {
    const named = args[index - 1] === '--open' || /^[^-].*\.synscope$/.test(arg);
    if (named) file = resolve(folder, arg);
    else if (arg.startsWith('--open=')) file = resolve(folder, arg.slice('--open='.length));
    else if (arg === '--no-capture') capture = false;
  }
  return { file, capture: capture && file === null };
}
