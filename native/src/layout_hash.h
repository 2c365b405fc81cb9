/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "450ad5d2dc538287cabab261828a5da700c44cc54ff62ca140866898a3641b60"

#endif
