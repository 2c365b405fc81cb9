// Kernel parameters that decide how long a connect is tried, and what may be bound. Asked by questions.ts.
import type { SettingsContext } from '../diagnosis/context.ts';
import type { Asked } from './asked.ts';
import { givesUpAfterMs } from './gives-up.ts';
import { numberOf, type Sysctls } from './sysctls.ts';

/** Null without tcp_syn_retries. */
export function tellSettings(values: Sysctls): SettingsContext | null {
  const synRetries = numberOf(values, 'ipv4/tcp_syn_retries');
  if (synRetries === null) return null;
  const linearTimeouts = numberOf(values, 'ipv4/tcp_syn_linear_timeouts') ?? 0;
  const longestMs = numberOf(values, 'ipv4/tcp_rto_max_ms');
  const retries2 = numberOf(values, 'ipv4/tcp_retries2');
  const unprivilegedPort = numberOf(values, 'ipv4/ip_unprivileged_port_start');
  return {
    about: 'settings',
    synRetries,
    linearTimeouts,
    givesUpMs: givesUpAfterMs({
      retries: synRetries,
      linear: linearTimeouts,
      ...(longestMs !== null && { longestMs }),
    }),
    // Started with ipv6.disable=1 the kernel does not even have the parameter.
    ipv6Disabled: (numberOf(values, 'ipv6/conf/all/disable_ipv6') ?? 1) !== 0,
    ...(retries2 !== null && { retries2 }),
    ...(unprivilegedPort !== null && { unprivilegedPort }),
  };
}

export async function askSettings({ place, machine, signal, tell }: Asked): Promise<void> {
  const values = await machine.sysctls.of(place, signal);
  const detail = values && tellSettings(values);
  if (detail) tell(detail);
}
