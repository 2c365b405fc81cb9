// After NAT, the SYN has the four addresses and ports of an older connection that is still
// half closed. Its socket answers with a challenge ACK (RFC 5961), never with a SYN-ACK.
import { found, type Rule } from '../rule.ts';
import {
  eitherPort,
  endpoint,
  filterPort,
  host,
  namedProgram,
  remote,
  shown,
  who,
} from '../words.ts';
import { answerToWrongAck, hasWaited, isUnanswered, synClaims, synFacts } from './shared/syns.ts';

export const natPortCollision: Rule = {
  id: 'nat-port-collision',
  title: 'NAT port collision',
  match(facts) {
    if (!isUnanswered(facts)) return null;
    const collision = facts.context('collision');
    if (!collision) return null;
    const conntrack = facts.context('conntrack');
    const translated = conntrack?.detail.translated === true ? conntrack : null;
    const counters = facts.context('counters');
    const rose = counters?.detail.rose ?? {};
    const challenges = Math.max(rose['TCPChallengeACK'] ?? 0, rose['TCPSYNChallenge'] ?? 0);
    const answer = answerToWrongAck(facts);
    const answered = answer !== null || challenges > 0;
    if (!translated && !answered && !hasWaited(facts)) return null;
    const { events, params } = synFacts(facts);
    const { detail } = collision;
    return found(
      translated && answered ? 'certain' : 'likely',
      {
        collision,
        conntrack: translated,
        answer,
        counters: challenges > 0 ? counters : null,
        ...events,
      },
      {
        ...params,
        challenges,
        old: `${endpoint(detail.local, detail.localPort)} ↔ ${endpoint(detail.peer, detail.peerPort)}`,
        state: detail.state,
        comm: detail.comm,
        pid: detail.pid,
        port: facts.attempt.localPort,
        ...(translated && {
          reply: endpoint(translated.detail.reply.source, translated.detail.reply.sourcePort),
        }),
      },
    );
  },
  tell(told) {
    const { row } = told;
    const state = shown(told.text('state', 'half-closed'));
    const owner = told.has('comm') ? ` of ${namedProgram(told)}` : '';
    const port = told.number('port', row.localPort);
    const through = told.has('reply') ? ` (${shown(told.text('reply'))})` : '';
    return {
      sentence: `The local port ${port} that the kernel gave ${who(row)} for ${remote(row)} makes it, after NAT${through}, the same as an old connection${owner} that is still in ${state}: that one answers the SYN with a challenge ACK, and no handshake can begin.`,
      claims: [
        {
          text: `an old socket has the same addresses: ${shown(told.text('old'))}, ${state}`,
          event: 'collision',
        },
        { text: `connection tracking translated the connection${through}`, event: 'conntrack' },
        {
          text: `the kernel's count of challenge ACKs rose by ${told.number('challenges')} meanwhile`,
          event: 'counters',
        },
        {
          text: 'the old socket answered with an ACK that did not fit, and got a RST',
          event: 'answer',
        },
        ...synClaims(told),
      ],
      next: [
        `Another try gets another local port and works; it is worth a retry in the program.`,
        'Why is the old connection only half closed? A peer that never closes keeps it in FIN-WAIT-2 or CLOSE-WAIT: shorten net.ipv4.tcp_fin_timeout, or fix the program that does not close.',
        'Keep the ports apart: leave the ports of the NAT target out of net.ipv4.ip_local_port_range (ip_local_reserved_ports).',
      ],
      command: `ss -tanop${eitherPort(port)}; conntrack -L -p tcp -d ${host(row.remoteAddress)}${filterPort(port, ' --sport')}`,
    };
  },
};
