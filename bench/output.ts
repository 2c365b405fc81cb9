// Where the benches put what they build and measure.
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Folder for results, compiled programs and scratch files; never committed. */
export const OUTPUT = `${ROOT}.synscope/bench`;
