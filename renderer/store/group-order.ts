// Which failure groups are news, and in which order they stand while somebody is about to
// click. Pure; used by store/failure-groups.ts and the panel.
import type { FailureGroup } from '../../contract/groups.ts';

/**
 * Groups that came since the session was first looked at and were not looked at themselves.
 * @param known ids that are no news; null when nothing of the session was known: then only
 *   those that began within the last minute are.
 */
export function freshGroups(
  known: ReadonlySet<string> | null,
  groups: readonly FailureGroup[],
): ReadonlySet<string> {
  const isFresh = ({ id, isNew }: FailureGroup): boolean =>
    known === null ? isNew : !known.has(id);
  return new Set(groups.filter(isFresh).map(({ id }) => id));
}

/** The groups in the order of those that are shown, what was not shown below: nothing jumps. */
export function holdGroups(
  shown: readonly FailureGroup[],
  groups: readonly FailureGroup[],
): FailureGroup[] {
  const place = new Map(shown.map(({ id }, index) => [id, index]));
  const placeOf = ({ id }: FailureGroup): number => place.get(id) ?? shown.length;
  return [...groups].sort((a, b) => placeOf(a) - placeOf(b));
}
