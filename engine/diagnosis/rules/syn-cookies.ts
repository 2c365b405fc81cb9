// The listener's SYN queue was full, and the connection came in by a SYN cookie.
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
      sentence: `The SYN queue of the listener at ${local(row)} was full when ${remote(row)} came, so the kernel answered by a SYN cookie and accepted the connection without having kept anything of it.`,
      claims: [
        {
          text: 'the listener had sent a cookie just then, and the first round-trip time of the connection is one that only a cookie leaves',
          event: 'cookie',
        },
      ],
      next: [
        'Are there many half-open handshakes, from many addresses? Then it is a SYN flood, and the cookies keep the service reachable.',
        'Or is the backlog of listen(2) too small for the rate of new connections? net.core.somaxconn caps it, net.ipv4.tcp_max_syn_backlog the SYN queue.',
        'Without timestamps a cookie keeps neither window scaling nor SACK: such connections are slow over long distances.',
      ],
      command: `ss -tn state syn-recv${sport(row.localPort)}; nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtTCPReqQFullDoCookies`,
    };
  },
};
