// What the window's command line says, in a checkout and installed.
import { expect, test } from 'vitest';
import { program } from '../../../cli/program.ts';
import { isCommand, ownArguments, readArguments } from '../../../electron/arguments.ts';

test('the program itself is no argument', () => {
  expect(ownArguments(['electron', '.', '--open', 'a'], false)).toEqual(['--open', 'a']);
  expect(ownArguments(['synscope-window', 'a.synscope'], true)).toEqual(['a.synscope']);
});

test('a file comes from --open or from a file manager, and then nothing is captured', () => {
  const expected = { file: '/home/a.synscope', capture: false };
  expect(readArguments(['--open', 'a.synscope'], '/home')).toEqual(expected);
  expect(readArguments(['--open=a.synscope'], '/home')).toEqual(expected);
  expect(readArguments(['--no-sandbox', '/home/a.synscope'], '/tmp')).toEqual(expected);
  expect(readArguments(['--enable-features=x'], '/tmp')).toEqual({ file: null, capture: true });
  expect(readArguments(['--no-capture'], '/tmp')).toEqual({ file: null, capture: false });
});

test('commands go to the command line', () => {
  for (const command of program().commands) expect(isCommand([command.name()])).toBe(true);
  expect(isCommand(['trace', '--json'])).toBe(true);
  expect(isCommand(['--version'])).toBe(true);
  expect(isCommand(['a.synscope'])).toBe(false);
  expect(isCommand([])).toBe(false);
});
