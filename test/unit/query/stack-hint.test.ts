// What is said about a stack whose runtime could name more of its frames.
import { expect, test } from 'vitest';
import { stackHint } from '../../../engine/query/stack-hint.ts';

type Frames = Parameters<typeof stackHint>[0];

/** `name @ module @ quality`; `?` is a frame without a name. */
function stack(...texts: string[]): Frames {
  return texts.map((text) => {
    const [name = '?', module = '[jit]', quality = 'cfi'] = text.split(' @ ');
    const unnamed = name === '?';
    return {
      name: unnamed ? null : name,
      module,
      quality: quality as Frames[number]['quality'],
      problem: unnamed ? 'compiled at run time' : null,
    };
  });
}

const CONNECT = 'connect @ /usr/lib/libc.so.6';

test.each<[string, string[], string]>([
  [
    'node',
    [
      CONNECT,
      'uv_tcp_connect @ /usr/bin/node',
      '?',
      '?',
      '?',
      'Builtins_JSEntry @ /usr/bin/node',
      '?',
    ],
    'Frames 2–4, 6 are JavaScript: to see the functions, start node with --perf-basic-prof --interpreted-frames-native-stack.',
  ],
  [
    'node before it compiles anything',
    [CONNECT, 'Builtins_InterpreterEntryTrampoline @ /usr/bin/node', 'main @ /usr/bin/node'],
    'Frame 1 is JavaScript: to see the functions, start node with --perf-basic-prof --interpreted-frames-native-stack.',
  ],
  [
    'Java',
    [CONNECT, '?', 'JavaCalls::call_helper @ /usr/lib/jvm/lib/server/libjvm.so'],
    'Frame 1 is Java: to see the functions, start java with -XX:+PreserveFramePointer, and run "jcmd PID Compiler.perfmap" (JDK 17 and later) before the connection is made.',
  ],
  [
    'Java that is interpreted',
    [CONNECT, 'Interpreter @ [jit] @ jit-map', 'JavaMain @ /usr/lib/jvm/lib/server/libjvm.so'],
    'Frame 1 is Java that is interpreted: only compiled functions have names (java -Xcomp compiles each at its first call).',
  ],
  [
    'a new Python',
    [CONNECT, '_PyEval_EvalFrameDefault @ /usr/bin/python3.13', 'main @ /usr/bin/python3.13'],
    'Frames 1–2 are of the Python interpreter: to see the Python functions, start python3 with -X perf, or with PYTHONPERFSUPPORT=1.',
  ],
  [
    'an old Python in a library',
    [CONNECT, '_PyEval_EvalFrameDefault @ /usr/lib/libpython3.11.so.1.0', 'main @ /usr/bin/uwsgi'],
    'Frame 1 is of the Python interpreter: Python 3.11 cannot tell which functions they run; Python 3.12 and later can (-X perf).',
  ],
  [
    'a program with a compiler of its own',
    [CONNECT, '?', 'main @ /usr/bin/luajit'],
    'Frame 1 is code that the program made itself: only its own map (/tmp/perf-PID.map) could name it.',
  ],
])('%s', (_, texts, sentence) => {
  expect(stackHint(stack(...texts))).toBe(sentence);
});

test.each<[string, string[]]>([
  ['code with names', [CONNECT, 'main @ /opt/app']],
  ['node with a map', [CONNECT, 'dial @ [jit] @ jit-map', '?', 'main @ /usr/bin/node']],
  ['python with a map', [CONNECT, 'dial @ [jit] @ jit-map', 'main @ /usr/bin/python3.12']],
  ['no frames', []],
])('nothing is said about %s', (_, texts) => {
  expect(stackHint(stack(...texts))).toBeNull();
});
