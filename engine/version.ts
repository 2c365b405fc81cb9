// The version of Synscope, as package.json has it (a test compares them): written into
// every session file and told to every screen.
export const SYNSCOPE_VERSION = '0.1.0';
