"""Connects to 127.0.0.1 at the port it is given. Used by test/kernel/python-names.test.ts:
`dial.py PORT [FUNCTIONS]` calls so many other functions first; ends when its input does."""

import socket
import sys


class Pool:
    def dial(self, port):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port))


def open_database(port):
    return Pool().dial(port)


def main(ports):
    # Through a function of C, which calls back.
    return sorted(ports, key=lambda port: open_database(port))


def call_others(count):
    for number in range(count):
        names = {}
        exec(f"def other{number}(): pass", names)
        names[f"other{number}"]()


if __name__ == "__main__":
    call_others(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    main([int(sys.argv[1])])
    sys.stdin.read()
