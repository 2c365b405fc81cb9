#!/bin/busybox sh
# The first program of a guest: makes the root of the host, read-only under a tmpfs, the
# root of the guest, and goes on with guest.sh from the checkout under test.
set -e
bb=/bin/busybox
. /environment
$bb mkdir -p /proc /sys /dev /host /upper /new
$bb mount -t proc proc /proc
$bb mount -t devtmpfs dev /dev
for module in /modules/*.ko; do
  $bb insmod "$module" || $bb echo "@fault module $module was not inserted"
done
options=trans=virtio,version=9p2000.L,msize=512000
$bb mount -t 9p -o "ro,cache=loose,$options" host /host
$bb mount -t tmpfs -o size=80% upper /upper
$bb mkdir /upper/changes /upper/work
$bb mount -t overlay -o lowerdir=/host,upperdir=/upper/changes,workdir=/upper/work root /new
$bb mount -t tmpfs -o mode=755 run /new/run
$bb mkdir /new/run/synscope
$bb mount -t 9p -o "rw,$options" result /new/run/synscope
$bb cp /environment /new/run/environment
$bb umount /proc
exec $bb switch_root /new /bin/sh "$CHECKOUT/test/kernels/guest.sh"
