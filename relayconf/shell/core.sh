# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# What every script needs: words for its output, the differences between systems, and who owns the state directory.
# POSIX sh without `local`: each function's variables begin with its own letters.

nl='
'
tab='	'

# mksh has no printf of its own, and what an external one gets stands in the process list.
case ${KSH_VERSION:-} in
*'MIRBSD KSH'* | *'LEGACY KSH'*) say() { print -r -- "$*"; } ;;
*) say() { printf '%s\n' "$*"; } ;;
esac

fact() {
	say "fact $1 $2"
}

# Run a command; what it said about its failure is left in `why`, on one line, without a temporary file.
try() {
	why=$("$@" 2>&1 >/dev/null) && return 0
	one_line
	return 1
}

one_line() {
	case $why in
	*"$nl"*) why=${why##*"$nl"} ;;
	esac
	why=${why#relayconf: }
	[ -n "$why" ] || why='no reason given'
}

# Copy $1 into a new file $2, which must not exist. Only its owner can read it (umask).
copy_new() {
	why=$({ set -C && cat "$1" >"$2"; } 2>&1) && return 0
	one_line
	return 1
}

prepare() {
	LC_ALL=C
	PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL PATH
	unset CDPATH GZIP
	umask 077
	trap '' HUP PIPE
	system=$(uname -s) || system=unknown
	uid=$(id -u) || uid=unknown
	IFS= read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id ||
		boot=$(sysctl -n kern.boottime 2>/dev/null | tr -cd 0-9)
	boot=${boot:-0} may_lack=
	for digester in sha256sum sha256 shasum openssl ''; do
		! command -v "$digester" >/dev/null 2>&1 || break
	done
}

# Whether the programs "$@" are here, and one for SHA-256.
need() {
	n_missing=
	for n_program; do
		command -v "$n_program" >/dev/null 2>&1 || n_missing="$n_missing $n_program"
	done
	[ -n "$digester" ] || n_missing="$n_missing sha256sum (or sha256, shasum, openssl)"
	[ -n "$n_missing" ] || return 0
	reason="programs that relayconf needs are missing on the host:$n_missing"
	return 1
}

# Mode, uid, gid, size, owner and group of each file, separated by tabs, a line each.
metadata() {
	case $system in
	*BSD | DragonFly | Darwin) stat -f "%Mp%Lp$tab%u$tab%g$tab%z$tab%Su$tab%Sg" "$@" ;;
	*) stat -c "%a$tab%u$tab%g$tab%s$tab%U$tab%G" "$@" ;;
	esac
}

# The bytes of the file $1, links followed; `wc` of some systems would read them all.
size_of() {
	case $system in
	*BSD | DragonFly | Darwin) stat -L -f %z "$1" ;;
	*) stat -L -c %s "$1" ;;
	esac
}

# Split one line of `metadata` into m_mode, m_uid, m_gid, m_size, m_owner and m_group.
split_metadata() {
	m_rest=$1
	m_mode=${m_rest%%"$tab"*} m_rest=${m_rest#*"$tab"}
	m_uid=${m_rest%%"$tab"*} m_rest=${m_rest#*"$tab"}
	m_gid=${m_rest%%"$tab"*} m_rest=${m_rest#*"$tab"}
	m_size=${m_rest%%"$tab"*} m_rest=${m_rest#*"$tab"}
	m_owner=${m_rest%%"$tab"*} m_group=${m_rest#*"$tab"}
	while :; do
		case $m_mode in
		0?*) m_mode=${m_mode#0} ;;
		*) break ;;
		esac
	done
	case $m_owner in '' | UNKNOWN) m_owner=$m_uid ;; esac
	case $m_group in '' | UNKNOWN) m_group=$m_gid ;; esac
}

read_metadata() {
	m_line=$(metadata "$1" 2>/dev/null) || return 1
	split_metadata "$m_line"
}

# A line each that begins with the SHA-256 in lower case hexadecimal digits.
digests() {
	case $digester in
	sha256) sha256 -q "$@" ;;
	shasum) shasum -a 256 "$@" ;;
	openssl) openssl dgst -sha256 -r "$@" ;;
	*) sha256sum "$@" ;;
	esac
}

# The SHA-256 of $1 in `digest`, `-` for a file that is not there.
read_digest() {
	digest=-
	[ -e "$1" ] || return 0
	digest=$(digests "$1" 2>/dev/null) || return 1
	digest=${digest%% *}
	digest=${digest#\\}
}

# Those of the given files that may be neither replaced nor removed, a line each.
frozen() {
	case $system in
	*BSD | DragonFly | Darwin)
		stat -f '%Sf %N' "$@" 2>/dev/null | while IFS= read -r f_line; do
			case ${f_line%% *} in
			*chg* | *appnd*) say "${f_line#* }" ;;
			esac
		done
		;;
	*)
		command -v lsattr >/dev/null 2>&1 || return 0
		lsattr -d "$@" 2>/dev/null | while IFS= read -r f_line; do
			case ${f_line%% *} in
			*[ia]*) say "/${f_line#*/}" ;;
			esac
		done
		;;
	esac
}

# Find the directory $1, links followed, in `folder`; `anchor` is the part of it that is there. Only where `may_lack` says so
# is that less than all.
find_folder() {
	folder=$(cd -P "${1:-/}" 2>/dev/null && pwd -P) && anchor=$folder && return 0
	n_up=$1 n_tail=
	if [ -n "$may_lack" ]; then
		while [ -n "$n_up" ] && [ ! -e "$n_up" ] && [ ! -L "$n_up" ]; do
			n_tail=/${n_up##*/}$n_tail n_up=${n_up%/*}
		done
	fi
	if [ -n "$n_tail" ] && anchor=$(cd -P "${n_up:-/}" 2>/dev/null && pwd -P); then
		folder=${anchor%/}$n_tail
		return 0
	fi
	reason="the directory ${1:-/} is missing or cannot be entered"
	return 1
}

# Whether files in the directory $1 may be worked on; the helper (guard.sh) looks closer.
trust_folder() { :; }

# Keep the line $1 of a request, which says where this host has its things.
take_place() {
	place=${place-}$1$nl
	case $1 in
	'state '*) state=${1#* } ;;
	*) k_rest=${1#* } && mta_parameter "${k_rest%% *}" "${k_rest#* }" ;;
	esac
}

# Whether that is a place for this script; the helper (guard.sh) knows but one.
check_place() { :; }

# Follow every symbolic link of the absolute path $1: `target` is what a rename would replace, `folder` where it is. Only
# links of root and of oneself are followed: any other user could name a file that only root can read or replace.
# `may_lack` says that its directory need not be there yet.
resolve() {
	r_path=$1 r_links=0 reason=
	while :; do
		case $r_path in
		*[[:cntrl:]]*) reason='its path contains control characters' && return 1 ;;
		esac
		r_folder=${r_path%/*}
		if [ "$r_folder" != "${r_known-}" ]; then
			find_folder "$r_folder" && trust_folder "$anchor" || return 1
			r_known=$r_folder
		fi
		target=${folder%/}/${r_path##*/}
		[ -L "$target" ] || break
		read_metadata "$target" && { [ "$m_uid" = 0 ] || [ "$m_uid" = "$uid" ]; } || {
			reason="$target is a symbolic link of another user, uid $m_uid, and not followed"
			return 1
		}
		r_links=$((r_links + 1))
		[ "$r_links" -le 40 ] || {
			reason='too many symbolic links'
			return 1
		}
		r_link=$(readlink "$target") || r_link=
		case $r_link in
		/*) r_path=$r_link ;;
		*) r_path=${folder%/}/$r_link ;;
		esac
	done
	if [ ! -e "$target" ] && [ "$r_links" -gt 0 ]; then
		reason="$1 is a dangling symbolic link to $target"
		return 1
	fi
	if [ -e "$target" ] && [ ! -f "$target" ]; then
		reason="$target is not a regular file"
		return 1
	fi
}

# The start time of process $1 in clock ticks since boot in `start`; 0 where /proc does not tell or it is no more.
read_start() {
	start=0
	IFS= read -r s_line 2>/dev/null <"/proc/$1/stat" || return 0
	s_line=${s_line##*') '}
	case $s_line in
	Z* | X*) return 0 ;;
	esac
	s_field=0
	while [ "$s_field" -lt 19 ]; do
		s_line=${s_line#* } s_field=$((s_field + 1))
	done
	start=${s_line%% *}
}

# Whether the owner $1, `pid.start:boot:transaction`, is still at work.
alive() {
	a_rest=${1#*.}
	a_start=${a_rest%%:*} a_rest=${a_rest#*:}
	[ "${a_rest%%:*}" = "$boot" ] && kill -0 "${1%%.*}" 2>/dev/null || return 1
	[ "$a_start" != 0 ] || return 0
	read_start "${1%%.*}"
	[ "$start" = "$a_start" ]
}

is_count() {
	case $1 in
	'' | *[!0-9]* | ?????????????*) return 1 ;;
	esac
}

# Seconds since the boot, in `uptime`, which no set clock moves; where the system does not tell, those of the clock.
read_uptime() {
	IFS='. ' read -r uptime _ 2>/dev/null </proc/uptime || uptime=$(date +%s)
}

# How long the transaction in $1 waits yet to be confirmed, in `window`: seconds, `overdue` or `rebooted`. Fails when it
# does not wait. Before its window is open, `overdue` means that it was cut short.
read_window() {
	IFS=' ' read -r w_until w_boot _ 2>/dev/null <"$1/confirm" || return 1
	read_uptime
	if [ "$w_boot" != "$boot" ]; then
		window=rebooted
	elif ! is_count "$w_until" || [ "$uptime" -ge "$w_until" ]; then
		window=overdue
	else
		window=$((w_until - uptime))
	fi
}

# Whether the state directory can be trusted: `state_is` absent, ready or unsafe; `reason` says why unsafe.
check_state() {
	state_is=unsafe
	case $state in
	/*) ;;
	*) reason="the state directory $state is not an absolute path" && return 1 ;;
	esac
	if [ -L "$state" ]; then
		reason="the state directory $state is a symbolic link"
	elif [ ! -e "$state" ]; then
		state_is=absent
		return 0
	elif [ ! -d "$state" ]; then
		reason="$state is not a directory"
	elif ! read_metadata "$state"; then
		reason="the state directory $state cannot be looked at"
	elif [ "$m_uid" != "$uid" ]; then
		reason="the state directory $state belongs to $m_owner, not to uid $uid"
	elif [ "$m_mode" != 700 ]; then
		reason="the state directory $state has mode $m_mode, not 700"
	else
		state_is=ready
		return 0
	fi
	return 1
}
