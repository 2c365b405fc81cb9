// Puts the alerts between diagnosis, writer and shells. Used by engine/workers/capture-run.ts.
import type { Alert } from '../../contract/alerts.ts';
import type { UnixMilliseconds } from '../../contract/units.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { SessionWriter } from '../session/writer.ts';
import { Alerts } from './alerts.ts';
import { machineLimits } from './machine-limits.ts';

/** What is raised goes into the file, and to `tell`. Its `tick` is to be called about once a second. */
export function listenForAlerts(
  writer: SessionWriter,
  diagnosis: Diagnosis,
  startedUnixMs: UnixMilliseconds,
  tell: (alert: Alert) => void,
  limits = machineLimits,
): Alerts {
  const alerts = new Alerts({
    startedUnixMs,
    limits,
    onAlert: (alert, atNs) => {
      writer.alert(alert, atNs);
      tell(alert);
    },
  });
  diagnosis.onJudged = (attempt) => alerts.judged(attempt);
  writer.onAttempt = (attempt) => alerts.written(attempt);
  writer.groups.onNew = (kind, attempt) => alerts.newKind(kind, attempt);
  return alerts;
}
