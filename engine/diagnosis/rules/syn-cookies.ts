// The connection came in by a SYN cookie: the listener's SYN queue was full, or it is set so.
import { found, type Rule } from '../rule.ts';
import { local, remote, sport } from '../words.ts';

export const synCookies: Rule = {
  id: 'syn-cookies',
  title: 'by a SYN cookie',
  match(facts) {
    const id = facts.attempt.trouble?.synCookieId ?? null;
    return id === null ? null : found('likely', { cookie: { id } });
  },
  tell({ row }) {
    return {
      // Both count alike (tcp_syn_flood_action), and how long the queue was then is not recorded.
      sentence: `The kernel answered the SYN of ${remote(row)} to the listener at ${local(row)} by a SYN cookie, and accepted the connection without having kept anything of it: the SYN queue of the listener was full, or net.ipv4.tcp_syncookies is 2 (always).`,
      claims: [
        {
          text: 'the listener had sent a cookie just then, and the first round-trip time of the connection is one that only a cookie leaves',
          event: 'cookie',
        },
      ],
      next: [
        'Are there many half-open handshakes, from many addresses? Then it is a SYN flood, and the cookies keep the service reachable.',
        'Or is the backlog of listen(2) too small for the rate of new connections? net.core.somaxconn caps it, net.ipv4.tcp_max_syn_backlog the SYN queue.',
        'Is `sysctl net.ipv4.tcp_syncookies` 2 in its network namespace? Then every connection is made so. Without timestamps a cookie keeps neither window scaling nor SACK: such connections are slow over long distances.',
      ],
      command: `ss -tn state syn-recv${sport(row.localPort)}; nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtTCPReqQFullDoCookies`,
    };
  },
};
