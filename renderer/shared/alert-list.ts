// The list of alerts: its order, what is muted, what was not read. Pure; used by
// store/alerts.ts and the bell.
import type { Alert, AlertKind } from '../../contract/alerts.ts';

/** As many as the engine answers with at once. */
const MOST_KEPT = 200;

/** Newest first, each once: an alert may be told while the list is on its way. */
export function merged(some: readonly Alert[], others: readonly Alert[]): readonly Alert[] {
  const byId = new Map([...some, ...others].map((alert) => [alert.id, alert]));
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, MOST_KEPT);
}

/** Those of kinds that are not muted. */
export function heardAlerts(alerts: readonly Alert[], muted: readonly AlertKind[]): Alert[] {
  return alerts.filter(({ kind }) => !muted.includes(kind));
}

/** How many of them were not read. @param readTo id of the newest one that was. */
export function unreadAlerts(
  alerts: readonly Alert[],
  readTo: number,
  muted: readonly AlertKind[],
): number {
  return heardAlerts(alerts, muted).filter(({ id }) => id > readTo).length;
}
