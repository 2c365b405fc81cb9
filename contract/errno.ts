// Names and meanings of errno numbers: Linux's generic errno.h, which x86-64, arm64 and
// riscv64 share. A static table, since the renderer has no `os.constants`; a test compares
// it with them. Used by engine/ (names in the session file) and renderer/ (meanings).
import type { Errno } from './units.ts';

/** [number, name, meaning in one line, for a TCP socket where that is where it shows up]. */
const TABLE: readonly (readonly [Errno, string, string])[] = [
  [1, 'EPERM', 'not permitted; a firewall rule or a security policy said no'],
  [2, 'ENOENT', 'no such file or object'],
  [3, 'ESRCH', 'no such process'],
  [4, 'EINTR', 'a signal interrupted the call'],
  [5, 'EIO', 'input or output error'],
  [6, 'ENXIO', 'no such device or address'],
  [7, 'E2BIG', 'argument list too long'],
  [8, 'ENOEXEC', 'not an executable the kernel knows'],
  [9, 'EBADF', 'not an open file descriptor'],
  [10, 'ECHILD', 'no child process to wait for'],
  [11, 'EAGAIN', 'not ready now: no free local port, or the non-blocking call would wait'],
  [12, 'ENOMEM', 'the kernel had no memory for it'],
  [13, 'EACCES', 'permission denied'],
  [14, 'EFAULT', 'the caller passed a bad address in memory'],
  [15, 'ENOTBLK', 'not a block device'],
  [16, 'EBUSY', 'in use'],
  [17, 'EEXIST', 'exists already'],
  [18, 'EXDEV', 'on another file system'],
  [19, 'ENODEV', 'no such device'],
  [20, 'ENOTDIR', 'not a directory'],
  [21, 'EISDIR', 'is a directory'],
  [22, 'EINVAL', 'an argument of the call was not valid'],
  [23, 'ENFILE', 'no open file, or no memory for one, is left on the machine'],
  [24, 'EMFILE', 'the process is out of file descriptors'],
  [25, 'ENOTTY', 'not a call for this kind of file'],
  [26, 'ETXTBSY', 'the program file is being run'],
  [27, 'EFBIG', 'file too large'],
  [28, 'ENOSPC', 'no space left'],
  [29, 'ESPIPE', 'cannot seek here'],
  [30, 'EROFS', 'read-only file system'],
  [31, 'EMLINK', 'too many links'],
  [32, 'EPIPE', 'sent on a connection that was already shut down'],
  [33, 'EDOM', 'number outside the domain of the function'],
  [34, 'ERANGE', 'result out of range'],
  [35, 'EDEADLK', 'would deadlock'],
  [36, 'ENAMETOOLONG', 'name too long'],
  [37, 'ENOLCK', 'no locks available'],
  [38, 'ENOSYS', 'the kernel does not have this call'],
  [39, 'ENOTEMPTY', 'directory not empty'],
  [40, 'ELOOP', 'too many symbolic links'],
  [42, 'ENOMSG', 'no message of that type'],
  [43, 'EIDRM', 'identifier removed'],
  [44, 'ECHRNG', 'channel number out of range'],
  [45, 'EL2NSYNC', 'level 2 not synchronised'],
  [46, 'EL3HLT', 'level 3 halted'],
  [47, 'EL3RST', 'level 3 reset'],
  [48, 'ELNRNG', 'link number out of range'],
  [49, 'EUNATCH', 'protocol driver not attached'],
  [50, 'ENOCSI', 'no CSI structure available'],
  [51, 'EL2HLT', 'level 2 halted'],
  [52, 'EBADE', 'invalid exchange'],
  [53, 'EBADR', 'invalid request descriptor'],
  [54, 'EXFULL', 'exchange full'],
  [55, 'ENOANO', 'no anode'],
  [56, 'EBADRQC', 'invalid request code'],
  [57, 'EBADSLT', 'invalid slot'],
  [59, 'EBFONT', 'bad font file format'],
  [60, 'ENOSTR', 'not a stream'],
  [61, 'ENODATA', 'no data available'],
  [62, 'ETIME', 'timer expired'],
  [63, 'ENOSR', 'out of stream resources'],
  [64, 'ENONET', 'machine is not on the network'],
  [65, 'ENOPKG', 'package not installed'],
  [66, 'EREMOTE', 'object is remote'],
  [67, 'ENOLINK', 'link has been severed'],
  [68, 'EADV', 'advertise error'],
  [69, 'ESRMNT', 'srmount error'],
  [70, 'ECOMM', 'communication error on send'],
  [71, 'EPROTO', 'protocol error: ICMP said that the other side cannot take this protocol'],
  [72, 'EMULTIHOP', 'multihop attempted'],
  [73, 'EDOTDOT', 'RFS-specific error'],
  [74, 'EBADMSG', 'not a valid message'],
  [75, 'EOVERFLOW', 'value too large for its type'],
  [76, 'ENOTUNIQ', 'name not unique on the network'],
  [77, 'EBADFD', 'file descriptor in a bad state'],
  [78, 'EREMCHG', 'remote address changed'],
  [79, 'ELIBACC', 'cannot open a needed shared library'],
  [80, 'ELIBBAD', 'shared library is corrupt'],
  [81, 'ELIBSCN', '.lib section is corrupt'],
  [82, 'ELIBMAX', 'too many shared libraries'],
  [83, 'ELIBEXEC', 'a shared library cannot be run by itself'],
  [84, 'EILSEQ', 'invalid byte sequence'],
  [85, 'ERESTART', 'the call is restarted after a signal'],
  [86, 'ESTRPIPE', 'streams pipe error'],
  [87, 'EUSERS', 'too many users'],
  [88, 'ENOTSOCK', 'not a socket'],
  [89, 'EDESTADDRREQ', 'no destination address given'],
  [90, 'EMSGSIZE', 'message too long for the path'],
  [91, 'EPROTOTYPE', 'protocol of the wrong type for this socket'],
  [92, 'ENOPROTOOPT', 'the other side’s machine does not speak this protocol (ICMP)'],
  [93, 'EPROTONOSUPPORT', 'protocol not supported'],
  [94, 'ESOCKTNOSUPPORT', 'socket type not supported'],
  [95, 'EOPNOTSUPP', 'operation not supported by this socket'],
  [96, 'EPFNOSUPPORT', 'protocol family not supported'],
  [97, 'EAFNOSUPPORT', 'address family not supported, e.g. IPv6 is switched off'],
  [98, 'EADDRINUSE', 'the local address and port are taken'],
  [99, 'EADDRNOTAVAIL', 'no such local address, or every local port is in use'],
  [100, 'ENETDOWN', 'the network interface is down'],
  [101, 'ENETUNREACH', 'no route to that network'],
  [102, 'ENETRESET', 'connection dropped by the network'],
  [103, 'ECONNABORTED', 'connection aborted on this machine'],
  [104, 'ECONNRESET', 'the other side cut the connection with a reset'],
  [105, 'ENOBUFS', 'no buffer space'],
  [106, 'EISCONN', 'socket is connected already'],
  [107, 'ENOTCONN', 'socket is not connected'],
  [108, 'ESHUTDOWN', 'socket was shut down for sending'],
  [109, 'ETOOMANYREFS', 'too many references'],
  [110, 'ETIMEDOUT', 'no answer in time: the kernel gave up trying'],
  [
    111,
    'ECONNREFUSED',
    'the other side answered with a reset: nothing listens there, or it is turned away',
  ],
  [112, 'EHOSTDOWN', 'the host is down'],
  [
    113,
    'EHOSTUNREACH',
    'the host cannot be reached: no answer to ARP, or a router or firewall said so (ICMP)',
  ],
  [114, 'EALREADY', 'an earlier connect on this socket is still under way'],
  [115, 'EINPROGRESS', 'connecting goes on in the background; not a failure'],
  [116, 'ESTALE', 'stale file handle'],
  [117, 'EUCLEAN', 'structure needs cleaning'],
  [118, 'ENOTNAM', 'not a XENIX named type file'],
  [119, 'ENAVAIL', 'no XENIX semaphores available'],
  [120, 'EISNAM', 'is a named type file'],
  [121, 'EREMOTEIO', 'remote input or output error'],
  [122, 'EDQUOT', 'disk quota exceeded'],
  [123, 'ENOMEDIUM', 'no medium'],
  [124, 'EMEDIUMTYPE', 'wrong medium type'],
  [125, 'ECANCELED', 'operation cancelled'],
  [126, 'ENOKEY', 'required key not available'],
  [127, 'EKEYEXPIRED', 'key has expired'],
  [128, 'EKEYREVOKED', 'key has been revoked'],
  [129, 'EKEYREJECTED', 'key was rejected'],
  [130, 'EOWNERDEAD', 'owner died'],
  [131, 'ENOTRECOVERABLE', 'state not recoverable'],
  [132, 'ERFKILL', 'radio is switched off'],
  [133, 'EHWPOISON', 'memory page has a hardware error'],
];

const BY_NUMBER = new Map(TABLE.map(([errno, name, meaning]) => [errno, { name, meaning }]));
const BY_NAME = new Map(TABLE.map(([errno, name]) => [name, errno]));
BY_NAME.set('EWOULDBLOCK', 11);
BY_NAME.set('EDEADLOCK', 35);
BY_NAME.set('ENOTSUP', 95);

/** `ECONNREFUSED` for 111; `errno 300` for a number that has no name. */
export function errnoName(errno: Errno): string {
  return BY_NUMBER.get(errno)?.name ?? `errno ${errno}`;
}

/** One line in plain words, null for a number that has no name. */
export function errnoMeaning(errno: Errno): string | null {
  return BY_NUMBER.get(errno)?.meaning ?? null;
}

/** The number of a name, in any case; null when there is none. */
export function errnoByName(name: string): Errno | null {
  return BY_NAME.get(name.toUpperCase()) ?? null;
}

/** Every name, in the order of the numbers. */
export const ERRNO_NAMES: readonly string[] = TABLE.map(([, name]) => name);
