/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "9f29fd7436180dbdacd64f0853607a873c4f3ebbffe36f18b1e0a16130a1eb3a"

#endif
