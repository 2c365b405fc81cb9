/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "4aadb2722dc4b0eb6294e4c6d00a1944830a7c4eabd77edec559729e5f7d70a7"

#endif
