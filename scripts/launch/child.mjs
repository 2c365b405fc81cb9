// The program that a launcher ends up running: its terminal, its signals, its status.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const PARENT_CHECK_MS = 1000;

/**
 * Ends the child when the program that started this launcher is gone. npm does not always
 * pass a SIGTERM on: without this a capture would go on with nobody to stop it, holding its
 * hooks in the kernel. Asked by ppid, since Linux tells a process nothing of its parent's end.
 * @param {import('node:child_process').ChildProcess} child
 */
function endWithParent(child) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  child.on('exit', () => clearInterval(watch));
}

/**
 * Runs a program in the launcher's place, and resolves with its exit status. Signals are
 * passed on: from a terminal it also gets them itself, which it has to take as one.
 * @param {string} file @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 * @param {string} [cwd]
 * @returns {Promise<number>}
 */
export function become(file, args, env = process.env, cwd = process.cwd()) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env, cwd });
    endWithParent(child);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => child.kill(/** @type {NodeJS.Signals} */ (signal)));
    }
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
