import { expect, test } from 'vitest';
import type { Alert } from '../../../contract/alerts.ts';
import { heardAlerts, merged, unreadAlerts } from '../../../renderer/shared/alert-list.ts';

function alert(id: number, kind: Alert['kind'] = 'new-failure'): Alert {
  return { id, kind, title: kind, text: '', at: id * 1_000, filter: null };
}

const ids = (alerts: readonly Alert[]) => alerts.map(({ id }) => id);

test('an alert that is told while the list is on its way is in it once', () => {
  expect(ids(merged([alert(3)], [alert(3), alert(2), alert(1)]))).toEqual([3, 2, 1]);
});

test('200 are kept, the newest', () => {
  const many = Array.from({ length: 300 }, (_, index) => alert(index + 1));
  const kept = ids(merged([], many));
  expect(kept).toHaveLength(200);
  expect(kept[0]).toBe(300);
});

test('muted kinds neither show nor count', () => {
  const alerts = [alert(3), alert(2, 'ports'), alert(1)];
  expect(ids(heardAlerts(alerts, ['new-failure']))).toEqual([2]);
  expect(unreadAlerts(alerts, 0, [])).toBe(3);
  expect(unreadAlerts(alerts, 1, ['ports'])).toBe(1);
  expect(unreadAlerts(alerts, 3, [])).toBe(0);
});
