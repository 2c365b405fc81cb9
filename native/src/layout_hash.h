/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "d238ce5957b8f365d9db1ae817e4e8ff825bb5c0134fd2dda60efc4ba509e607"

#endif
