// Connects to 127.0.0.1 at the port it is given, through a template and an inlined function:
// what a stack should name. Used by test/kernel/names.test.ts.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace pool {

// The line of the call below is asserted.
static inline __attribute__((always_inline)) int raw_connect(int fd, const sockaddr_in &to) {
  int result = connect(fd, reinterpret_cast<const sockaddr *>(&to), sizeof(to));  // LINE
  asm volatile("" ::: "memory");
  return result + 1;
}

template <typename Port>
struct Pool {
  __attribute__((noinline)) int open(Port port) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = raw_connect(fd, to);
    close(fd);
    return result;
  }
};

}  // namespace pool

int main(int, char **argv) {
  pool::Pool<int> pool;
  volatile int result = pool.open(atoi(argv[1]));
  return result > 1;
}
