import { isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { addressOf } from '../../../engine/capture/address.ts';

const AF_INET = 2;
const AF_INET6 = 10;

test('IPv4', () => {
  expect(addressOf(AF_INET, 0xc0a80105, 0, 0, 0)).toEqual({ family: 'ipv4', text: '192.168.1.5' });
});

test.each([
  [[0, 0, 0, 0], '::'],
  [[0, 0, 0, 1], '::1'],
  [[0x20010db8, 0, 0, 1], '2001:db8::1'],
  [[0x20010db8, 0x00000001, 0x00010001, 0x00010001], '2001:db8:0:1:1:1:1:1'],
  [[0x20010000, 0x00000001, 0, 1], '2001:0:0:1::1'],
  [[0xfe800000, 0, 0x02000000, 0], 'fe80::200:0:0:0'],
  [[0x00010002, 0x00030004, 0x00050006, 0x00070000], '1:2:3:4:5:6:7:0'],
])('IPv6 %j', ([a = 0, b = 0, c = 0, d = 0], text) => {
  const address = addressOf(AF_INET6, a, b, c, d);
  expect(address).toEqual({ family: 'ipv6', text });
  expect(isIPv6(address.text)).toBe(true);
});

test('an IPv4 address in an IPv6 socket is IPv4', () => {
  expect(addressOf(AF_INET6, 0, 0, 0xffff, 0x0a000001)).toEqual({
    family: 'ipv4',
    text: '10.0.0.1',
  });
});
