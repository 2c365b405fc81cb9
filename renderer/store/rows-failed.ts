// What becomes of a question that the engine refused.
import { toApiError } from '../shared/api-error.ts';
import { useWindow } from './state.ts';
import { showError } from './toasts.ts';

/** A filter that the engine refuses belongs under the field, not in a corner. */
export function rowsFailed(thrown: unknown): void {
  const error = toApiError(thrown);
  if (error.code === 'DISCONNECTED') return;
  if (error.at === undefined) showError(error);
  else useWindow.setState({ filterError: error });
}
