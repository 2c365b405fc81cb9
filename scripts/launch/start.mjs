// `npm start`: sets up, then shows the live viewer, in Electron or else in an app window
// of an installed browser. `npm start -- --open FILE` shows a file, and needs no rights.
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { become } from './child.mjs';
import { electronPath, fetchElectron } from './electron-runtime.mjs';
import { elevate, mayCapture, personBehindRoot, stepDown } from './rights.mjs';
import { buildPrograms, node, setUp } from './setup.mjs';
import { Failure, giveUp, ROOT, say } from './steps.mjs';

const USAGE = 'Usage: npm start [-- [--open FILE] [--browser]]';

function readArguments(args) {
  const options = { file: null, browser: false, noCapture: false };
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift();
    const [name, value] = arg.startsWith('--open=') ? ['--open', arg.slice(7)] : [arg, null];
    if (name === '--open') {
      const file = value ?? rest.shift();
      if (!file) throw new Failure('--open needs a session file.', USAGE);
      // npm runs scripts in the checkout; the path is from where the person typed it.
      options.file = resolve(process.env.INIT_CWD ?? '.', file);
    } else if (name === '--browser') {
      options.browser = true;
    } else if (name === '--no-capture') {
      options.noCapture = true;
    } else {
      throw new Failure(`npm start does not know ${arg}.`, USAGE);
    }
  }
  return options;
}

function hasDisplay() {
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** The command that shows the viewer, once everything is built. */
async function viewerCommand({ file, browser, noCapture }) {
  const alone = process.geteuid?.() === 0 && personBehindRoot() === null;
  const window = hasDisplay() && !alone;
  const electron = browser || !window ? null : await fetchElectron();
  if (electron !== null) {
    await buildPrograms();
    const open = file === null ? [] : ['--open', file];
    return [electron, ROOT, ...open, ...(noCapture ? ['--no-capture'] : [])];
  }
  if (!browser && window) {
    say(
      'The Electron runtime is not installed (its download host is out of reach): showing the viewer in a browser window.',
    );
  }
  const main = [node(), join(ROOT, 'cli/main.ts')];
  if (file !== null) return [...main, 'open', file];
  return [...main, 'serve', '--until-closed', ...(noCapture ? ['--no-capture'] : [])];
}

/** Runs the viewer with the rights that it needs, or without them if the person declines. */
async function show(options) {
  const person = personBehindRoot();
  const captures = options.file === null && !options.noCapture;
  if (person !== null) return await stepDown(person, await viewerCommand(options), captures);
  if (!captures || mayCapture()) {
    const [file = '', ...args] = await viewerCommand(options);
    return await become(file, args);
  }
  const again = [node(), join(ROOT, 'scripts/launch/start.mjs'), ...process.argv.slice(2)];
  const status = await elevate(again);
  if (status !== null) return status;
  say('No rights were given: nothing is captured in this run. Session files open as ever.');
  return await show({ ...options, noCapture: true });
}

async function start() {
  const options = readArguments(process.argv.slice(2));
  const mark = process.env.SYNSCOPE_BEGUN;
  if (mark !== undefined) {
    // The elevated half: everything is set up, and the rights were given.
    delete process.env.SYNSCOPE_BEGUN;
    closeSync(openSync(mark, 'w'));
  } else {
    const beganAt = performance.now();
    await setUp();
    if (electronPath() !== null) await buildPrograms();
    say(`Ready after ${((performance.now() - beganAt) / 1000).toFixed(1)} s.`);
  }
  process.exitCode = await show(options);
}

await start().catch(giveUp);
