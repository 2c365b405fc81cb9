# A network device into which packets vanish: they are read and forgotten, so that no kernel
# counts them as dropped. For test/kernel/hole.ts; lives until it is killed.
import fcntl
import os
import struct

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

device = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"hole", IFF_TUN | IFF_NO_PI))
print("open", flush=True)
while True:
    os.read(device, 65536)
