// The files of the built page (dist/renderer) for the shells that show it: serve/ over
// HTTP, electron/ over synscope://app/. Nothing outside that folder can be asked for.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { repositoryRoot } from './root.ts';

/** Scripts and styles of its own origin and nothing else. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What every answer of a shell says to Chromium. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Folder of the built page. */
export function pageFolder(): string {
  return join(repositoryRoot(), 'dist/renderer');
}

/** Whether the page has been built. */
export function pageIsBuilt(): boolean {
  return existsSync(join(pageFolder(), 'index.html'));
}

/** Path of the file that a URL path names inside `folder`; null when there is none to give. */
export function pageFile(folder: string, urlPath: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const file = normalize(join(folder, path === '/' ? 'index.html' : path));
  if (!file.startsWith(folder + sep) || TYPES[extname(file)] === undefined) return null;
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : null;
}

/** A file of the page with its type; null when there is none. */
export async function readPage(
  urlPath: string,
): Promise<{ readonly body: Buffer; readonly type: string } | null> {
  const file = pageFile(pageFolder(), urlPath);
  if (file === null) return null;
  return { body: await readFile(file), type: TYPES[extname(file)] ?? 'text/plain' };
}
