/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "12609d0638d66e2d832f7a54d14ad0db74a0e8e60b632802a8ca16f3f025110a"

#endif
