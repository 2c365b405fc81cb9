/* Generated from bpf/events.h by scripts/generate-events.ts. Do not edit. */
#ifndef SYNSCOPE_LAYOUT_HASH_H
#define SYNSCOPE_LAYOUT_HASH_H

#define SYNSCOPE_LAYOUT_HASH "f372ad28db5be254ac5cd80eaec217e7c4dc683c6281330e408507e4c00d2e90"

#endif
