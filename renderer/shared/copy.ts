// To the clipboard, with a word about it.
import { showDone, showError } from '../store/toasts.ts';

/** @param what what was copied, for the message: `stack`, `row`. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showDone(`Copied the ${what}.`);
  } catch {
    showError({
      code: 'CLIPBOARD',
      sentence: `The browser does not let this page write to the clipboard, so the ${what} was not copied.`,
      fix: 'Allow the clipboard for this address, or open Synscope at http://127.0.0.1.',
    });
  }
}
