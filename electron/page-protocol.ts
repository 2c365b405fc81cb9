// synscope://app/: the built page under an address of its own, so that it has an origin,
// a strict policy and no file access. Read by electron/windows.ts.
import { protocol } from 'electron';
import { PAGE_HEADERS, readPage } from '../engine/shells/page.ts';

const SCHEME = 'synscope';
const HOST = 'app';

/** The page that a window loads. */
export const PAGE_URL = `${SCHEME}://${HOST}/`;

/** Before the application is ready: tells Chromium that the scheme has origins. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Whether a frame shows our page. */
export function isOurPage(url: string): boolean {
  return url.startsWith(PAGE_URL);
}

/** The answer to a request of a page. */
export async function answer(request: { readonly url: string; readonly method: string }) {
  const url = new URL(request.url);
  const page = url.host === HOST && request.method === 'GET' ? await readPage(url.pathname) : null;
  if (page === null) return new Response('There is no such file.', { status: 404 });
  const headers = { ...PAGE_HEADERS, 'content-type': page.type };
  return new Response(new Uint8Array(page.body), { headers });
}

/** Once the application is ready: answers the scheme from dist/renderer. */
export function servePage(): void {
  protocol.handle(SCHEME, answer);
}
