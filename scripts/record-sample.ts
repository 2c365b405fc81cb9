// `npm run sample` (as root, by hand): plays real situations in network namespaces while
// `synscope record` runs, and leaves samples/failures.synscope. Plays them in a mount and
// host name namespace of its own, so that the file names no machine and no checkout.
// The situations: scripts/sample/scenes.ts; what is taken out afterwards: prune.ts.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeCgroups } from '../test/kernel/cgroups.ts';
import { pause } from '../test/kernel/children.ts';
import { openLab } from '../test/kernel/lab.ts';
import { program } from '../test/kernel/programs.ts';
import { captureBegins, synscope } from '../test/kernel/trace-run.ts';
import { prune } from './sample/prune.ts';
import { before, play } from './sample/scenes.ts';

const script = fileURLToPath(import.meta.url);
const target = fileURLToPath(new URL('../samples/failures.synscope', import.meta.url));
const HOST = 'workstation';

/** Names under which our two programs appear in the sample. */
const CLIENTS = ['checkout', 'inventory', 'mailer', 'metrics-agent', 'backup', 'ledger'];
const SERVERS = ['orders-api', 'ledger-api', 'report-api'];

/** The people that the sample knows, instead of those of this machine. */
const PEOPLE = `root:x:0:0:root:/root:/bin/bash
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
sam:x:1000:1000::/home/sam:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;

function install(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'none', '/opt']);
  mkdirSync('/opt/shop/bin', { recursive: true });
  writeFileSync('/opt/passwd', PEOPLE);
  execFileSync('mount', ['--bind', '/opt/passwd', '/etc/passwd']);
  for (const name of CLIENTS) copyFileSync(program('dial'), `/opt/shop/bin/${name}`);
  for (const name of SERVERS) copyFileSync(program('listener'), `/opt/shop/bin/${name}`);
}

async function record(): Promise<void> {
  execFileSync('hostname', [HOST]);
  install();
  const folder = mkdtempSync(join(tmpdir(), 'sample-'));
  const raw = join(folder, 'raw.synscope');
  const [lab, far] = [openLab({ router: true }), openLab()];
  try {
    await before(lab);
    const child = synscope(['record', '-o', raw]);
    await captureBegins(child);
    await play(lab, far);
    await pause(1500);
    const ended = await child.stop('SIGINT', 20_000);
    process.stderr.write(ended.stderr);
    if (ended.code !== 0) throw new Error('the recording did not end in order');
    const spaces = [lab.client, lab.server, far.client, far.server].map((one) => one.inode);
    const kept = prune(raw, spaces);
    copyFileSync(raw, target);
    console.log(`${target}: ${kept} attempts, ${Math.ceil(statSync(target).size / 1024)} KiB`);
  } finally {
    lab.close();
    far.close();
    closeCgroups();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.getuid?.() !== 0) {
  console.error('Network namespaces need root. Run: sudo npm run sample');
  process.exit(1);
} else if (process.argv.includes('--inside')) {
  await record();
} else {
  const namespaces = ['--mount', '--uts', '--propagation', 'private'];
  const inside = [process.execPath, script, '--inside'];
  process.exit(spawnSync('unshare', [...namespaces, ...inside], { stdio: 'inherit' }).status ?? 1);
}
