// An ICMP error in the words of its RFC. Used by engine/lifecycle/lifecycle.ts.
import type { IcmpEventReader } from '../../contract/generated/events.ts';
import { addressOf } from '../capture/address.ts';
import type { IcmpDetail } from '../session/detail.ts';

/** Destination unreachable (type 3), by code: RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. */
const UNREACHABLE_4 = [
  'network unreachable',
  'host unreachable',
  'protocol unreachable',
  'port unreachable',
  'fragmentation needed',
  'source route failed',
  'network unknown',
  'host unknown',
  'source host isolated',
  'network administratively prohibited',
  'host administratively prohibited',
  'network unreachable for this type of service',
  'host unreachable for this type of service',
  'communication administratively prohibited',
  'host precedence violation',
  'precedence cutoff in effect',
];

/** Destination unreachable (type 1), by code: RFC 4443 3.1. */
const UNREACHABLE_6 = [
  'no route to destination',
  'communication administratively prohibited',
  'beyond scope of source address',
  'address unreachable',
  'port unreachable',
  'source address failed ingress/egress policy',
  'reject route to destination',
];

/** The other errors, by type. */
const TYPES: Readonly<Record<4 | 6, Readonly<Record<number, string>>>> = {
  4: { 4: 'source quench', 5: 'redirect', 11: 'time exceeded', 12: 'parameter problem' },
  6: { 2: 'packet too big', 3: 'time exceeded', 4: 'parameter problem' },
};

/** `host unreachable`, `time exceeded`; type and code where no RFC has a name. */
export function icmpMeaning(version: 4 | 6, type: number, code: number): string {
  const unreachable = version === 4 ? 3 : 1;
  const codes = version === 4 ? UNREACHABLE_4 : UNREACHABLE_6;
  const known = type === unreachable ? codes[code] : TYPES[version][type];
  return known ?? `type ${type}, code ${code}`;
}

export function icmpDetail(event: IcmpEventReader): IcmpDetail {
  const version = event.version === 6 ? 6 : 4;
  const from = addressOf(
    version === 6 ? 10 : 2,
    event.fromWord(0),
    event.fromWord(1),
    event.fromWord(2),
    event.fromWord(3),
  );
  const { type, code } = event;
  return { from: from.text, version, type, code, meaning: icmpMeaning(version, type, code) };
}
