// The commands, their options and their help, as commander wants them. From the command
// line (cli/main.ts) to the function of each command.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExportFormat } from '../contract/api.ts';
import { plainText } from '../contract/plain-text.ts';
import type { Bytes, Milliseconds } from '../contract/units.ts';
import { SYNSCOPE_VERSION } from '../engine/version.ts';
import { doctor } from './doctor.ts';
import { parseDuration } from './duration.ts';
import { expect } from './expect/expect.ts';
import { exportSession } from './export.ts';
import { record } from './record.ts';
import { symbolize } from './symbolize.ts';
import { trace } from './trace.ts';
import { openInViewer, showViewer } from './viewer.ts';

const EXAMPLES = `
Examples:
  synscope trace --failed                 failures as they happen
  synscope trace --json --comm curl       one JSON object a line
  synscope trace --filter 'rport = 443 and connect > 100ms'
  synscope record -o lunch.synscope --duration 10m
  synscope open lunch.synscope            the viewer on a file; needs no privileges
  synscope export lunch.synscope --format csv -o lunch.csv
  synscope symbolize lunch.synscope       names by the debug packages installed here
  synscope expect 'to :5432 must not time out' -- npm test
  synscope doctor                         what works here, what is missing, the fix

Capturing needs root, or the capabilities that \`synscope doctor\` names.`;

/** The value of --duration, in ms. */
export function durationOption(text: string): Milliseconds {
  const milliseconds = parseDuration(text);
  if (milliseconds === null)
    throw new InvalidArgumentError('Write it as 10s, 500ms, 2m or 1h (at most 24 days).');
  return milliseconds;
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
    return number;
  };
}

/** The value of --ring-bytes. */
function ringBytesOption(text: string): Bytes {
  const bytes = wholeNumber(4096, 2 ** 30)(text);
  if ((bytes & (bytes - 1)) !== 0)
    throw new InvalidArgumentError('Write a power of two, e.g. 67108864 for 64 MiB.');
  return bytes;
}

function repeated(text: string, before: string[]): string[] {
  return [...before, text];
}

const RING_BYTES = [
  '--ring-bytes <bytes>',
  'size of the ring buffer in the kernel, a power of two (default: 16777216)',
  ringBytesOption,
] as const;

function someName(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('A process has a name.');
  return text;
}

interface TraceFlags {
  failed?: true;
  connectOnly?: true;
  acceptOnly?: true;
  pid?: number;
  comm?: string;
  filter?: string;
  json?: true;
  stacks?: true;
  duration?: Milliseconds;
  ringBytes?: Bytes;
}

function traceCommand(): Command {
  return new Command('trace')
    .description('print a line as each attempt ends or fails')
    .option('--failed', 'failures only')
    .addOption(new Option('--connect-only', 'outgoing only').conflicts('acceptOnly'))
    .option('--accept-only', 'accepted only')
    .option('--pid <pid>', 'only this process', wholeNumber(1, 2 ** 22))
    .option('--comm <name>', 'only processes of this name', someName)
    .option('--filter <text>', 'only what the filter selects, see docs/filter.md')
    .option('--json', 'JSON Lines, a summary object last')
    .option('--stacks', 'the stacks under each line (JSON has them always)')
    .option('--duration <time>', 'end after 10s, 500ms, 2m', durationOption)
    .option(...RING_BYTES)
    .action(async (flags: TraceFlags) => {
      await trace({
        wanted: {
          failed: flags.failed ?? false,
          connectOnly: flags.connectOnly ?? false,
          acceptOnly: flags.acceptOnly ?? false,
          pid: flags.pid ?? null,
          comm: flags.comm ?? null,
          filter: flags.filter ?? '',
        },
        json: flags.json ?? false,
        stacks: flags.stacks ?? false,
        durationMs: flags.duration ?? null,
        ringBytes: flags.ringBytes ?? null,
      });
    });
}

function recordCommand(): Command {
  return new Command('record')
    .description('record everything into a session file')
    .requiredOption('-o, --output <file>', 'session file to write, *.synscope')
    .option('--duration <time>', 'end after 10s, 500ms, 2m', durationOption)
    .option(...RING_BYTES)
    .action(async (flags: { output: string; duration?: Milliseconds; ringBytes?: Bytes }) => {
      const { output, duration, ringBytes } = flags;
      await record({ output, durationMs: duration ?? null, ringBytes: ringBytes ?? null });
    });
}

function exportCommand(): Command {
  return new Command('export')
    .description('write the attempts of a session file as CSV or JSON Lines')
    .argument('<file>', 'session file')
    .addOption(
      new Option('--format <format>', 'csv or jsonl')
        .choices(['csv', 'jsonl'])
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <file>', 'file to write; - is stdout')
    .option('--force', 'replace the file when it is there already')
    .option('--filter <text>', 'only what the filter selects', '')
    .option('--failed', 'failures only')
    .action(
      async (
        file: string,
        flags: {
          format: ExportFormat;
          output: string;
          filter: string;
          failed?: true;
          force?: true;
        },
      ) => {
        const { failed = false, force = false } = flags;
        await exportSession({ ...flags, file, failed, force });
      },
    );
}

function symbolizeCommand(): Command {
  return new Command('symbolize')
    .description('name the frames of a session file by the debug information of this machine')
    .argument('<file>', 'session file')
    .option('-o, --output <file>', 'write a named copy; without it the file is replaced at once')
    .option('--debug-directory <dir>', 'look in DIR/.build-id first; may be repeated', repeated, [])
    .option('--force', 'replace the output when it is there already')
    .action(
      async (file: string, flags: { output?: string; debugDirectory: string[]; force?: true }) => {
        const { output = null, debugDirectory: directories, force = false } = flags;
        await symbolize({ file, output, directories, force });
      },
    );
}

const EXPECT_HELP = `
Rules, several separated by ";" or lines, or in a file given as @FILE:
  no failures                             nothing may fail
  no failures to 10.0.0.0/8
  to :5432 must not time out              also: fail, be refused, be reset, be unreachable, retransmit
  :443 must connect within 500ms          each attempt
  must connect to :6379                   at least one
  at most 3 connects to :80               also: at least, exactly; connections, accepts, failures,
                                          timeouts, refusals, resets
  no failures by curl (rport = 443)       a program's name; a filter, see docs/filter.md

Only what the command and its descendants do counts. Exit status: the command's own when
every rule holds, 3 when one is broken, 2 when nothing could be watched. docs/expect.md
has the rest.`;

function expectCommand(): Command {
  return new Command('expect')
    .description('run a command under capture; exit status 3 when a rule is broken')
    .argument('<rules>', "rules such as 'no failures to :5432', or @FILE")
    .argument('<command...>', 'the command and its arguments, after --')
    .option('--json', 'the report as one JSON object, the last line of stdout')
    .option('-o, --output <file>', 'write the report to a file')
    .addHelpText('after', EXPECT_HELP)
    .action(async (rules: string, command: string[], flags: { json?: true; output?: string }) => {
      const { json = false, output = null } = flags;
      process.exitCode = await expect({ rules, command, json, output });
    });
}

function openCommand(): Command {
  return new Command('open')
    .description('show a session file in the viewer; needs no privileges')
    .argument('<file>', 'session file')
    .option('--no-open', 'print the address instead of opening a window')
    .action(async (file: string, flags: { open: boolean }) => {
      await openInViewer(file, flags.open);
    });
}

function serveCommand(): Command {
  return new Command('serve')
    .description('the live viewer on http://127.0.0.1 for a browser, with a token')
    .option('--port <port>', 'port to listen on', wholeNumber(0, 65535))
    .option('--no-open', 'print the address instead of opening a window')
    .addOption(new Option('--no-capture', 'only to open session files'))
    .addOption(new Option('--until-closed', 'end when the window is closed').hideHelp())
    .action(
      async (flags: { port?: number; open: boolean; capture: boolean; untilClosed?: true }) => {
        const shown = flags.untilClosed ? 'until-closed' : 'open';
        await showViewer({
          file: null,
          capture: flags.capture,
          port: flags.port ?? null,
          window: flags.open ? shown : 'none',
        });
      },
    );
}

function doctorCommand(): Command {
  return new Command('doctor')
    .description('what works on this machine, what is missing, the exact fix')
    .option('--json', 'as one JSON object')
    .action(async (flags: { json?: true }) => {
      process.exitCode = await doctor({ json: flags.json ?? false });
    });
}

/** The whole command line. Throws a `CommanderError` after having said what is wrong. */
export function program(): Command {
  const command = new Command('synscope')
    .description('Why did this TCP connection fail, and whose code asked for it?')
    .version(SYNSCOPE_VERSION)
    .addHelpText('after', EXAMPLES)
    .configureOutput({
      outputError: (text, write) => write(plainText(text.replace(/^error:/, 'synscope:'), '\n')),
    })
    .exitOverride();
  for (const subcommand of [
    traceCommand(),
    recordCommand(),
    openCommand(),
    exportCommand(),
    symbolizeCommand(),
    serveCommand(),
    expectCommand(),
    doctorCommand(),
  ]) {
    // Subcommands made apart do not inherit how their parent fails.
    subcommand.copyInheritedSettings(command);
    command.addCommand(subcommand);
  }
  return command;
}
