// EADDRINUSE, or a connection of the same two addresses and ports exists already.
import { found, type Rule } from '../rule.ts';
import { local, namedProgram, remote, shown, sport, whoFirst } from '../words.ts';
import {
  callClaim,
  callName,
  callParams,
  callTarget,
  enteredSynSent,
  failedCall,
} from './shared/failed-call.ts';

export const addressInUse: Rule = {
  id: 'address-in-use',
  title: 'address in use',
  match(facts) {
    const { error, attempt } = facts;
    // With a local port of the caller's choice, connect(2) says so when the four are taken.
    const sameFour = error === 'EADDRNOTAVAIL' && attempt.localPort !== 0;
    if (error !== 'EADDRINUSE' && !sameFour) return null;
    const call = failedCall(facts);
    if (!call) return null;
    const holder = facts.context('holder');
    if (sameFour && !holder && !(call.call === 'connect' && enteredSynSent(facts))) return null;
    return found(
      error === 'EADDRINUSE' || holder ? 'certain' : 'likely',
      { call: call.note, holder },
      {
        ...callParams(call),
        state: holder?.detail.state,
        comm: holder?.detail.comm,
        pid: holder?.detail.pid,
        port: call.call === 'connect' ? attempt.localPort : call.port,
      },
    );
  },
  tell(told) {
    const { row } = told;
    const holder = namedProgram(told);
    const state = told.has('state') ? shown(told.text('state')) : null;
    const [by, inState] = [
      told.has('comm') ? ` by ${holder}` : '',
      state === null ? '' : ` (${state})`,
    ];
    const connecting = told.text('call', 'connect') === 'connect';
    const what = connecting
      ? `a connection from ${local(row)} to ${remote(row)} exists already${by === '' ? '' : `, held${by}`}${inState}`
      : `the address${callTarget(told).replace(' on', '')} is taken${by}${inState}`;
    return {
      sentence: `${whoFirst(row)} could not have the local address that it asked for in ${callName(told)}: ${what}.`,
      claims: [
        callClaim(told),
        {
          text: `the address was held by ${holder}, state ${state ?? 'not known'}`,
          event: 'holder',
        },
      ],
      next: nextFor(told.text('state', '')),
      command: `ss -tanp${sport(told.number('port', row.localPort))}`,
    };
  },
};

function nextFor(state: string): string[] {
  if (state === 'TIME_WAIT') {
    return [
      'It is the rest of an ended connection and goes away within a minute; a server that sets SO_REUSEADDR need not wait.',
    ];
  }
  return [
    'Is the same program started twice, or an older instance still running?',
    'Servers that share a port on purpose must all set SO_REUSEPORT; SO_REUSEADDR only helps against TIME_WAIT.',
  ];
}
