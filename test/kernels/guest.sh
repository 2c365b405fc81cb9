#!/bin/sh
# What a guest does once the root of the host is its own: mounts what a Linux system has,
# asks `synscope doctor`, runs the kernel tests, and ends the machine. Lines that begin
# with @ are for guest.ts; results are files in /run/synscope, which the host reads.
. /run/environment
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# In memory: the state of the host's programs is none of the guest's. /tmp stays, since the
# checkout may be there.
HOME=/run/home
TMPDIR=/run/tmp
LANG=C.UTF-8
TERM=dumb
SYNSCOPE_TEST_SUMS=/run/synscope/sums.json
# See scripts/launch/steps.mjs.
NODE_COMPILE_CACHE=/run/compile-cache
SYNSCOPE_TEST_PROGRESS=1
export PATH HOME TMPDIR LANG TERM SYNSCOPE_TEST_SUMS SYNSCOPE_TEST_PATIENCE NODE_COMPILE_CACHE
export SYNSCOPE_TEST_PROGRESS

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mkdir /run/home /run/tmp
chmod 1777 /run/tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
ln -sf /proc/self/fd /dev/fd
mkdir -p /lib/modules
ln -s "$MODULES" "/lib/modules/$(uname -r)"
ip link set lo up
# Before 5.11 what BPF maps take counts as locked memory.
ulimit -l unlimited

end() {
  echo "@end $1"
  sync
  echo o >/proc/sysrq-trigger
  sleep 60
}

cd "$CHECKOUT" || end 'the checkout is not there'
echo "@release $(uname -r)"
node=node_modules/.bin/node
doctor() {
  $node cli/main.ts doctor --json >/run/synscope/doctor.json 2>/run/synscope/doctor.txt
}
doctor
status=$?
# Ended by a signal: now and then the emulated processor makes an end of Node itself.
if [ $status -ge 128 ]; then
  echo "@again doctor ended with $status"
  doctor
  status=$?
fi
echo "@doctor $status"
$node node_modules/vitest/vitest.mjs run --project kernel --reporter=default \
  --reporter=./scripts/sums-reporter.ts $FILES 2>&1 | cat
# A crash that a test only sees as an end: where it was.
dmesg | grep -E 'segfault|traps:|general protection|Out of memory|oom-kill' | tail -n 5
end done
