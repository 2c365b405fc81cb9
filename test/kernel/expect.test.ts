// `synscope expect` on the real kernel: whose attempts are judged, what the exit status says,
// and a real race between two address families.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, type Ended, pause } from './children.ts';
import { type Lab, openLab } from './lab.ts';
import { program } from './programs.ts';
import { scratch } from './session-file.ts';
import { dial, listen, skipWithoutKernel, whyNoKernel } from './stage.ts';
import { captureBegins, command, runSynscope, synscope } from './trace-run.ts';

skipWithoutKernel();

const { folder, remove } = scratch();
let lab: Lab;
let server: Child;

beforeAll(async () => {
  if (whyNoKernel()) return;
  lab = openLab();
  server = await listen(lab, 4701);
  lab.server.input('tcp dport 4703 drop', 'meta nfproto ipv6 tcp dport 4701 drop');
});

afterAll(() => {
  lab?.close();
  remove();
});

/** A program of the client's namespace, as words of a command. */
function inClient(...words: string[]): string[] {
  return ['ip', 'netns', 'exec', lab.client.name, ...words];
}

function dials(port: number, ...flags: string[]): string[] {
  return inClient(program('dial'), ...flags, lab.server.ipv4, String(port));
}

function shell(...commands: (readonly string[])[]): string[] {
  return ['sh', '-c', commands.map((words) => words.join(' ')).join('; ')];
}

async function expects(
  rules: string,
  words: readonly string[],
  ...flags: string[]
): Promise<Ended> {
  return await runSynscope(['expect', ...flags, rules, '--', ...words]);
}

interface RuleJson {
  readonly rule: string;
  readonly held: boolean;
  readonly broken: number;
  readonly attempts: readonly {
    readonly error: string | null;
    readonly remote: { readonly port: number };
    readonly verdict: { readonly id: string; readonly sentence: string } | null;
  }[];
}

function reportOf({ stdout, stderr }: Ended): { status: number; rules: readonly RuleJson[] } {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{"type":"expect"')) throw new Error(`no report: ${stdout}\n${stderr}`);
  return JSON.parse(last);
}

test('a refused connect breaks a rule, with its verdict', async () => {
  const ended = await expects(`no failures to ${lab.server.ipv4}`, dials(4702));
  expect(ended.code, ended.stderr).toBe(3);
  expect(ended.stderr).toContain(`BROKEN  no failures to ${lab.server.ipv4}`);
  expect(ended.stderr).toMatch(/refused +dial\[\d+\] .*:4702 .* ECONNREFUSED\n +\S.*RST/);
  expect(ended.stderr).toContain('1 of 1 rule broken; 1 attempt of the command seen');
  // The command's own output is its own.
  expect(ended.stdout).toContain('"error":"ECONNREFUSED"');
});

test('rules that hold pass the exit status of the command on', async () => {
  const words = shell(dials(4701), dials(4702), ['exit', '7']);
  const rules = `must connect to :4701 within 2s; to :4702 must not time out; at most 2 connects`;
  const ended = await expects(rules, words, '--json');
  expect(ended.code, ended.stderr).toBe(7);
  const { status, rules: judged } = reportOf(ended);
  expect(status).toBe(7);
  expect(judged.map(({ rule, held }) => [rule, held])).toEqual([
    ['must connect to :4701 within 2s', true],
    ['to :4702 must not time out', true],
    ['at most 2 connects', true],
  ]);
});

test('descendants are judged, however deep; nobody else is', async () => {
  const inner = `sh -c '${dials(4702).join(' ')}; true'`;
  const ended = synscope([
    ...['expect', '--json', 'no failures; at most 1 connect', '--'],
    ...['sh', '-c', `sh -c "sleep 0.3; ${inner}; true"; true`],
  ]);
  await captureBegins(ended);
  const stranger = dial(lab, lab.server.ipv4, 4704);
  await stranger.ended;
  const { rules } = reportOf(await ended.ended);
  expect(rules[0]).toMatchObject({ held: false, broken: 1 });
  expect(rules[0]?.attempts[0]).toMatchObject({ error: 'ECONNREFUSED', remote: { port: 4702 } });
  expect(rules[1]?.held).toBe(true);
});

test('no answer, though the program waited less long than the kernel would', async () => {
  const rules = 'to :4703 must not time out; :4703 must connect within 100ms; no refusals';
  const ended = await expects(rules, dials(4703, '--nonblock', '--wait', '600'), '--json');
  expect(ended.code).toBe(3);
  const { rules: judged } = reportOf(ended);
  expect(judged.map(({ held }) => held)).toEqual([false, false, true]);
  expect(judged[0]?.attempts[0]?.verdict?.sentence).toContain(':4703');
});

test('a race of two address families is one logical connect', async () => {
  const script = `
    const { connect } = require('node:net');
    const found = [{ address: '${lab.server.ipv6}', family: 6 }, { address: '${lab.server.ipv4}', family: 4 }];
    const socket = connect({ host: 'lab.test', port: 4701, autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: 300, lookup: (name, options, done) => done(null, found) });
    socket.on('connect', () => { console.log(socket.remoteAddress); socket.destroy(); });
    socket.on('error', (error) => { console.log(error); process.exitCode = 9; });`;
  writeFileSync(`${folder}/race.cjs`, script);
  const rules = 'no failures; must connect to :4701; exactly 1 connect; no failures (failed)';
  const ended = await expects(rules, inClient(command[0], `${folder}/race.cjs`), '--json');
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(ended.stdout.split('\n')[0]).toBe(lab.server.ipv4);
});

test('a race that curl runs: the loser is closed after the winner', async () => {
  if (!existsSync('/usr/bin/curl')) return void console.log('skipped: curl is not installed');
  const to = `lab.test:4701:[${lab.server.ipv6}],${lab.server.ipv4}`;
  const flags = ['-sS', '-m', '2', '--happy-eyeballs-timeout-ms', '200', '--resolve', to];
  const words = inClient('curl', ...flags, 'telnet://lab.test:4701');
  const ended = await expects('no failures; exactly 1 connect', words);
  expect(ended.stderr).toContain('2 rules held');
  expect(ended.stderr).toContain('2 attempts of the command seen');
});

test('Ctrl-C ends the command, and what was seen until then is judged', async () => {
  const words = shell(dials(4702), ['echo', 'waiting'], ['exec', 'sleep', '60']);
  const child = synscope(['expect', '--json', 'no failures', '--', ...words]);
  await child.until('the command', () => (child.stdout.includes('waiting') ? true : undefined));
  child.process.kill('SIGINT');
  const ended = await child.ended;
  expect(ended.code).toBe(3);
  expect(reportOf(ended).status).toBe(130);
});

test('rules from a file, and the report into one', async () => {
  writeFileSync(
    `${folder}/rules`,
    '# what the lab allows\nno timeouts\nat least 1 connection # to it\n',
  );
  const report = `${folder}/report.json`;
  const ended = await expects(`@${folder}/rules`, dials(4701), '--json', '--output', report);
  expect(ended.code, ended.stderr).toBe(0);
  const { rules } = JSON.parse(readFileSync(report, 'utf8'));
  expect(rules.map(({ held }: RuleJson) => held)).toEqual([true, true]);
  writeFileSync(`${folder}/rules`, 'no timeouts\nno frogs\n');
  const refused = await expects(`@${folder}/rules`, ['touch', `${folder}/ran`]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`${folder}/rules:2:4: the rules cannot be read`);
  expect(refused.stderr).toContain('\n  no frogs\n     ^^^^^\n');
  expect(existsSync(`${folder}/ran`)).toBe(false);
});

test('a program that is not there; no rights to capture', async () => {
  expect((await expects('no failures', ['/no/such/program'])).code).toBe(127);
  const drop = ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'];
  const words = [...command, 'expect', 'no failures', '--', 'touch', `${folder}/ran`];
  let status = 0;
  try {
    execFileSync('setpriv', [...drop, ...words], { stdio: 'pipe' });
  } catch (error) {
    status = (error as { status: number }).status;
  }
  expect(status).toBe(2);
  expect(existsSync(`${folder}/ran`)).toBe(false);
});

test('the lab itself still answers', async () => {
  // Without this the rules that held would prove little.
  expect(server.stdout).not.toBe('');
  await pause(0);
});
