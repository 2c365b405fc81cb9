// Nothing was to be sent, and the peer did not answer the kernel's keep-alive probes.
import { found, type Rule } from '../rule.ts';
import { duration, filterPort, host, plural, remote, who } from '../words.ts';
import { wasConnected } from './shared/connected.ts';
import { timeoutClaims, timeoutOf, timeoutParams } from './shared/timeout.ts';

const CLOSE = 7;

export const keepAliveTimeout: Rule = {
  id: 'keep-alive-timeout',
  title: 'keep-alive timeout',
  match(facts) {
    const timeout = timeoutOf(facts);
    if (facts.attempt.outcome !== 'timed-out' || !wasConnected(facts)) return null;
    if (timeout?.detail.timer !== 'keep-alive' || timeout.detail.userTimeoutMs) return null;
    const events = {
      timeout: timeout.note,
      reset: facts.last('reset-sent'),
      end: facts.change(null, CLOSE),
    };
    return found('certain', events, timeoutParams(timeout));
  },
  tell(told) {
    const { row } = told;
    const [idle, interval] = [duration(told.number('idleMs')), duration(told.number('intervalMs'))];
    return {
      sentence: `${remote(row)} did not answer ${plural(told.number('probes'), 'keep-alive probe')} on the idle connection of ${who(row)}, so the kernel gave it up; nothing was waiting to be sent.`,
      claims: [
        ...timeoutClaims(told),
        { text: 'this machine sent a RST, as it does when keep-alive gives up', event: 'reset' },
        { text: `the connection ended with ${row.error ?? 'ETIMEDOUT'}`, event: 'end' },
      ],
      next: [
        'Did the peer crash, lose its network or go to sleep? It sent neither FIN nor RST.',
        `Does a firewall or NAT on the way forget quiet connections sooner than ${idle}? Then let probes go out more often (TCP_KEEPIDLE).`,
        `Is the network only down for a while now and then? TCP_KEEPCNT of the socket, ${told.number('mostProbes')}, and TCP_KEEPINTVL, ${interval}, say how long it is waited for.`,
      ],
      command: `tcpdump -ni any 'tcp and host ${host(row.remoteAddress)}${filterPort(row.remotePort)}'`,
    };
  },
};
