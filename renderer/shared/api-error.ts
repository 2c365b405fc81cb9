// Errors as a person reads them. Whatever was thrown becomes a sentence and a fix.
import type { ApiError } from '../../contract/api.ts';
import { isRecord } from './storage.ts';

export function isApiError(value: unknown): value is ApiError {
  return (
    isRecord(value) && typeof value['sentence'] === 'string' && typeof value['code'] === 'string'
  );
}

/** What to show for something that was thrown. */
export function toApiError(thrown: unknown): ApiError {
  if (isApiError(thrown)) return thrown;
  const sentence = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'UNEXPECTED', sentence, fix: null };
}
