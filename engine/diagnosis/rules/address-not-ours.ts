// EADDRNOTAVAIL from bind(2): not an address of this machine; from connect(2): no source address.
import { found, type Rule } from '../rule.ts';
import { ipCommand, shown, whoFirst } from '../words.ts';
import { callClaim, callParams, failedCall, tellCall } from './shared/failed-call.ts';

export const addressNotOurs: Rule = {
  id: 'address-not-ours',
  title: 'not an own address',
  match(facts) {
    if (facts.error !== 'EADDRNOTAVAIL') return null;
    const call = failedCall(facts);
    if (!call) return null;
    return found(
      call.call === 'bind' ? 'certain' : 'likely',
      { call: call.note },
      callParams(call),
    );
  },
  tell(told) {
    const { row } = told;
    const bound = told.text('call', 'connect') !== 'connect';
    const asked = told.has('asked') ? shown(told.text('asked')) : 'the address';
    return {
      sentence: bound
        ? `${whoFirst(row)} asked for the local address ${asked}, and no interface in its network namespace has it.`
        : `${tellCall(told)}: this machine has no local address from which that destination can be reached.`,
      claims: [callClaim(told)],
      next: bound
        ? [
            'Is the address configured, and on this machine? An address that a failover moves comes and goes.',
            'An IPv6 address that is still tentative cannot be bound for a second or two after it was set.',
            'To bind before it is there: net.ipv4.ip_nonlocal_bind=1, or IP_FREEBIND in the program.',
          ]
        : ['Has the interface of the route an address of that family, and of a wide enough scope?'],
      command: `${ipCommand(row.remoteAddress)} address show`,
    };
  },
};
