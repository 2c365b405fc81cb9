/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "2763775d5e9eed35fdd59c19803193217b309cb884106d0bf7cdd302ffbd494d"

#endif
