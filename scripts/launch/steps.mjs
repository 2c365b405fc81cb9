// The steps of the set-up: their progress lines, their stamps (what they were made from,
// so that a second run has nothing to do) and what their failures say.
// Plain JavaScript, since it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const OWN = join(ROOT, '.synscope');
const STAMPS = join(OWN, 'stamps.json');

// Node keeps here what it made of the TypeScript: a start takes half the time. It also keeps
// the WebAssembly that strips the types out of most starts: V8 13.6 now and then ends a process in
// the middle of it ("Check failed: it->second.Size() > offset", below Runtime_WasmTriggerTierUp).
process.env.NODE_COMPILE_CACHE ??= join(OWN, 'compile-cache');

/** Something that a person has to know and can repair. */
export class Failure extends Error {
  /** @param {string} cause @param {string} fix */
  constructor(cause, fix) {
    super(cause);
    this.fix = fix;
  }
}

/** Who builds: the owner of the checkout, so that `sudo npm start` leaves no files of root. */
export function builder() {
  const { uid, gid } = statSync(ROOT);
  if (process.geteuid?.() !== 0 || uid === 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.split(':')[2] === String(uid));
  return line === undefined
    ? null
    : { uid, gid, name: line.split(':')[0], home: line.split(':')[5] };
}

/**
 * Runs a program of a step as the builder, its output kept for a failure.
 * @param {string} file @param {string[]} args @param {{ timeoutMs?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run(file, args, { timeoutMs, env } = {}) {
  const owner = builder();
  const account = owner === null ? {} : { uid: owner.uid, gid: owner.gid };
  const home = owner === null ? {} : { HOME: owner.home, USER: owner.name, LOGNAME: owner.name };
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      env: { ...process.env, ...home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ ok: false, output: `${file}: ${error.message}` }));
    child.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}

/** Like `run`, but a failure is thrown with the end of the output. */
export async function must(what, fix, file, args, options) {
  const { ok, output } = await run(file, args, options);
  if (!ok)
    throw new Failure(`${what} failed:\n${output.trim().split('\n').slice(-30).join('\n')}`, fix);
  return output;
}

function* filesBelow(path) {
  const entry = statSync(join(ROOT, path), { throwIfNoEntry: false });
  if (entry === undefined) return;
  if (!entry.isDirectory()) {
    yield { path, entry };
    return;
  }
  for (const name of readdirSync(join(ROOT, path)).sort()) {
    if (name !== 'build' && name !== 'node_modules') yield* filesBelow(join(path, name));
  }
}

/** A hash of the names, sizes and times of files and of everything below folders. */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesBelow(path))
      hash.update(`${file.path} ${file.entry.size} ${file.entry.mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(STAMPS, 'utf8'));
  } catch {
    return {};
  }
}

/** What a step was made from when it last succeeded. */
export function stampOf(name) {
  return readStamps()[name];
}

/**
 * Remembers what a step was made from. Two set-ups at once only cost one of them a
 * repetition, and so does a checkout that this account may not write to.
 */
export function setStamp(name, value) {
  try {
    mkdirSync(OWN, { recursive: true });
    writeFileSync(STAMPS, `${JSON.stringify({ ...readStamps(), [name]: value }, null, 2)}\n`);
    const owner = builder();
    for (const path of owner === null ? [] : [OWN, STAMPS]) chownSync(path, owner.uid, owner.gid);
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes(error.code)) throw error;
  }
}

/** Where progress goes. @type {NodeJS.WriteStream} */
let progress = process.stdout;

/** Moves the progress lines, e.g. to stderr where stdout is someone's input. */
export function progressTo(stream) {
  progress = stream;
}

/** A line of its own. */
export function say(text) {
  progress.write(`${text}\n`);
}

/**
 * One step with its line: what it does while it runs, and how long it took.
 * @param {string} what @param {() => Promise<string | void> | string | void} work
 */
export async function step(what, work) {
  const beganAt = performance.now();
  if (progress.isTTY) progress.write(`  … ${what}`);
  const clear = progress.isTTY ? '\r\u001b[K' : '';
  try {
    const done = await work();
    const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
    progress.write(`${clear}  ✓ ${what}${done ? `: ${done}` : ''} (${seconds} s)\n`);
  } catch (error) {
    progress.write(`${clear}  ✗ ${what}\n`);
    throw error;
  }
}

/**
 * A step that only runs when `inputs` have changed since it last succeeded, or when what
 * it makes is not there.
 */
export async function stampedStep(what, { name, inputs, output }, work) {
  const before = hashOf(inputs);
  if (stampOf(name) === before && existsSync(join(ROOT, output))) return;
  await step(what, work);
  // Taken before the work: what changes meanwhile makes it run again.
  setStamp(name, before);
}

/** Explains a failure and ends. */
export function giveUp(error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`\n${error.message}\n${error.fix}\n`);
  process.exit(1);
}
