// Who may talk to the server: the browser that was given the token, through a page of
// this very address. Asked by serve/server.ts for every request and every upgrade.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** 256 bits, in characters that a URL carries as they are. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}

/** Equal, in a time that tells nothing about where they differ. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function cookies(request: IncomingMessage): Map<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]));
}

export class Access {
  /** In the URL that is printed. */
  readonly token = secret();
  private readonly cookie = secret();
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** Cookies do not tell ports apart, so the name does: two servers do not log each other out. */
  private get cookieName(): string {
    return `synscope-${this.port}`;
  }

  /** `Set-Cookie` for a page that came with the token. */
  get setCookie(): string {
    return `${this.cookieName}=${this.cookie}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** The names under which the page may be asked for; any other is someone's DNS rebinding. */
  hostIsOurs(request: IncomingMessage): boolean {
    return this.hosts().includes(request.headers.host ?? '');
  }

  /** Whether the page that sends this is of this server. A GET of the address bar has no Origin. */
  originIsOurs(request: IncomingMessage, required: boolean): boolean {
    const { origin } = request.headers;
    if (origin === undefined) return !required;
    return origin === `http://${request.headers.host}` && this.hostIsOurs(request);
  }

  tokenIsRight(given: string | null): boolean {
    return given !== null && same(given, this.token);
  }

  cookieIsRight(request: IncomingMessage): boolean {
    const given = cookies(request).get(this.cookieName);
    return given !== undefined && same(given, this.cookie);
  }

  private hosts(): string[] {
    const names = ['127.0.0.1', 'localhost'];
    const hosts = names.map((name) => `${name}:${this.port}`);
    // A browser leaves the usual port of http unsaid, in Host and in Origin.
    return this.port === 80 ? [...names, ...hosts] : hosts;
  }
}
