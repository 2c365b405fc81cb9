// The installed program's way to the rights: electron/elevation.ts runs this, on its own runtime
// as Node, with the words of its command line. The status is that of the window which was
// started with the rights, or DECLINED.
import { elevate } from './rights.mjs';

/** EX_NOPERM of sysexits.h: the person or the system gave no rights. */
const DECLINED = 77;

const window = ['env', '-u', 'ELECTRON_RUN_AS_NODE', process.execPath, ...process.argv.slice(2)];
process.exitCode = (await elevate(window)) ?? DECLINED;
