// The names under which a page may be asked for, by the port that the server has.
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Access } from '../../../serve/access.ts';

function asked(host: string, origin = `http://${host}`): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, { host, origin });
  return request;
}

test.each([
  [80, '127.0.0.1', true],
  [80, 'localhost', true],
  [80, '127.0.0.1:80', true],
  [80, 'evil.example', false],
  [8080, '127.0.0.1:8080', true],
  [8080, '127.0.0.1', false],
  [8080, 'localhost:80', false],
])('on port %i, Host %s: %s', (port, host, allowed) => {
  const access = new Access(port);
  expect(access.hostIsOurs(asked(host))).toBe(allowed);
  expect(access.originIsOurs(asked(host), true)).toBe(allowed);
  expect(access.originIsOurs(asked(host, 'http://evil.example'), true)).toBe(false);
});
