// See steady_file.h.
#include "steady_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace synscope {

namespace {

constexpr off_t kLargestCopy = 512 * 1024 * 1024;

int copy_of(int fd, off_t size) {
  int copy = memfd_create("synscope-file", MFD_CLOEXEC);
  off_t at = 0;
  if (copy < 0) return -1;
  // Ends early when the file shrank: what is left is read as truncated.
  while (at < size && sendfile(copy, fd, &at, size - at) > 0) {
  }
  return copy;
}

}  // namespace

int open_steady(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
  if (writer_of(fd) == 0) return fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return status.st_size > kLargestCopy ? -1 : copy_of(fd, status.st_size);
}

int writer_of(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return -1;
  return status.st_uid;
}

int file_of_bytes(const void* bytes, unsigned long size) {
  int copy = memfd_create("synscope-bytes", MFD_CLOEXEC);
  if (copy < 0) return -1;
  if (write(copy, bytes, size) == static_cast<ssize_t>(size)) return copy;
  close(copy);
  return -1;
}

}  // namespace synscope
