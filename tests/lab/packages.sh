#!/bin/sh
# Install packages into an overlay of this machine's root and pack what that added.
# Runs as root in mount and PID namespaces of its own (see packages.py), so nothing of it stays or shows.
# usage: packages.sh WORK OUTPUT PACKAGE...     WORK: an empty directory; OUTPUT: a tar file to write
set -eu
work=$1
output=$2
shift 2

mount --make-rprivate /
mount -t tmpfs -o mode=755 lab-packages "$work"
mkdir "$work/upper" "$work/work" "$work/root"
root=$work/root
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" lab-packages "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cp --remove-destination "$(readlink -f /etc/resolv.conf)" "$root/etc/resolv.conf"

# invoke-rc.d asks this file: no daemon is started by an installation
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
echo 'postfix postfix/main_mailer_type select No configuration' | chroot "$root" debconf-set-selections
install() {
    chroot "$root" apt-get -qq -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confnew \
        install --yes --no-install-recommends "$@" </dev/null
}
# the machine's package lists may be missing or old; they are fetched into the overlay only when that shows
install "$@" || { chroot "$root" apt-get -qq update && install "$@"; }

rm "$root/usr/sbin/policy-rc.d"
umount -l "$root"
cd "$work/upper"
rm -rf var/cache/apt var/lib/apt var/log tmp run dev proc etc/resolv.conf usr/share/doc usr/share/man
# deletions and opaque directories of the overlay live in device nodes and trusted attributes
tar --create --xattrs --xattrs-include='trusted.overlay.*' --file "$output" .
