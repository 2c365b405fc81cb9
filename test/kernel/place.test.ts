// Another network namespace is looked into although the process that led there has ended, as most
// programs do when a connect of theirs has failed.
import { expect, test } from 'vitest';
import { Place } from '../../engine/context/place.ts';
import { Programs } from '../../engine/context/programs.ts';
import { openLab } from './lab.ts';
import { skipWithoutKernel } from './stage.ts';

skipWithoutKernel();

test('through where it is mounted', async () => {
  const lab = openLab();
  const { inode, name } = lab.client;
  const gone = lab.client.run('true', []);
  await gone.ended;
  const programs = new Programs();
  const ways = { netns: inode, own: false, folder: `/proc/${gone.pid}` };
  const { signal } = new AbortController();
  const place = new Place({ ...ways, mount: () => `/run/netns/${name}` }, programs);
  const links = await place.run('ip', ['link', 'show', 'eth0'], signal);
  expect(links).toMatchObject({ code: 0, text: expect.stringContaining('eth0') });
  expect(await place.text('snmp', signal)).toContain('Tcp:');
  const search = { needles: ['sl'], most: 1 };
  expect(await place.search('tcp', search, signal)).toMatchObject({ lines: [expect.anything()] });
  const nowhere = new Place({ ...ways, mount: () => null }, programs);
  expect(await nowhere.run('true', [], signal)).toBeNull();
  expect(await nowhere.text('snmp', signal)).toBeNull();
  programs.close();
  lab.close();
});
