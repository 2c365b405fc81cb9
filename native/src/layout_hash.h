/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "62bd064ebf5e5e64bb54536eba07e3a36bee26d356cfedbd5277af026f0cbad3"

#endif
