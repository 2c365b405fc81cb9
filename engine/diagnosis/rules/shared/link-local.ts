// Addresses that mean something on one link only. Used by the rules that tell which link it was,
// or that it was not said.

/** fe80::/10 (RFC 4291, 2.5.6), as text in lower case. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}
