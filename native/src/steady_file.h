// A file that cannot shrink while it is read: libelf and libdw map what they read, and a
// mapped page that is truncated away ends the whole program with SIGBUS. Used by
// elf_table.cc and by the reader of debug information (native/lines/).
#pragma once

namespace synscope {

// A descriptor to read instead of `fd`, for the caller to close: of the file itself when only
// root may write to it, else of a copy in memory. -1 when it cannot be read, or is larger
// than 512 MiB and not root's.
int open_steady(int fd);

// The user who could have written what is in the file: 0 when only root may, and -1 when
// anybody might have.
int writer_of(int fd);

// A file in memory with these bytes, -1 when there is no memory.
int file_of_bytes(const void* bytes, unsigned long size);

}  // namespace synscope
