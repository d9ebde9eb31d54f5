# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# qmail's part of a script. `home` is /var/qmail or the like, `control` its control directory with links followed.

mta_parameter() {
	case $1 in
	qmail_home) home=$2 ;;
	esac
}

# Whether process $1 is one of this host and not of a container on it.
same_namespace() {
	[ ! -e /proc/self/ns/mnt ] || [ "/proc/$1/ns/mnt" -ef /proc/self/ns/mnt ]
}

# The home whose program $2 process $1 runs, in `q_home`. Only a program of root or of oneself is believed: anybody can
# call a process qmail-send.
home_of() {
	q_line=$(readlink "/proc/$1/exe" 2>/dev/null) || return 1
	q_home=${q_line%"/bin/$2"*}
	[ "$q_home" != "$q_line" ] && same_namespace "$1" || return 1
	q_line=$(metadata -L "/proc/$1/exe" 2>/dev/null) || return 1
	split_metadata "$q_line"
	[ "$m_uid" = 0 ] || [ "$m_uid" = "$uid" ]
}

# Go through the processes: `homes` are those of qmail-send; `sender` and `spawner` have lines `PID HOME`.
look_for_processes() {
	homes='' senders='' spawners=''
	for q_process in /proc/[0-9]*; do
		IFS= read -r q_name 2>/dev/null <"$q_process/comm" || continue
		q_pid=${q_process#/proc/}
		case $q_name in
		qmail-send)
			home_of "$q_pid" "$q_name" || continue
			senders=$senders$q_pid\ $q_home$nl
			case $nl$homes in
			*"$nl$q_home$nl"*) ;;
			*) homes=$homes$q_home$nl ;;
			esac
			;;
		qmail-rspawn)
			! home_of "$q_pid" "$q_name" || spawners=$spawners$q_pid\ $q_home$nl
			;;
		esac
	done
}

# The only pid in the lines $1 whose home is the same directory as `home`, in `q_pid`.
pid_of_home() {
	q_pid='' q_lines=$1
	while [ -n "$q_lines" ]; do
		q_line=${q_lines%%"$nl"*} q_lines=${q_lines#*"$nl"}
		[ "${q_line#* }" -ef "$home" ] || continue
		[ -z "$q_pid" ] || return 1
		q_pid=${q_line%% *}
	done
	[ -n "$q_pid" ]
}

find_home() {
	[ -z "${home-}" ] || return 0
	case $homes in
	*"$nl"*"$nl"*)
		q_lines=${homes%"$nl"} reason=
		while :; do
			reason="$reason ${q_lines%%"$nl"*}"
			[ "$q_lines" != "${q_lines#*"$nl"}" ] || break
			q_lines=${q_lines#*"$nl"}
		done
		reason="several qmail-send run here, with the homes$reason: qmail_home must name one"
		return 1
		;;
	?*) home=${homes%"$nl"} ;;
	*)
		for home in /var/qmail /var/lib/qmail; do
			[ ! -d "$home/control" ] || return 0
		done
		reason='no qmail found: no qmail-send runs, and neither /var/qmail/control nor /var/lib/qmail/control is there'
		return 1
		;;
	esac
}

# The name of the group with number $1, or its number with name $1, from /etc/group.
read_group() {
	while IFS=: read -r g_name _ g_number _; do
		if [ "$1" = "$g_number" ] || [ "$1" = "$g_name" ]; then
			group=$g_name group_number=$g_number
			return 0
		fi
	done 2>/dev/null </etc/group
	return 1
}

find_group() {
	group='' group_number=''
	pid_of_home "$spawners" || q_pid=
	if [ -n "$q_pid" ]; then
		while read -r q_key q_gid _; do
			[ "$q_key" != Gid: ] || break
		done 2>/dev/null <"/proc/$q_pid/status"
		read_group "$q_gid" || group=$q_gid group_number=$q_gid
	else
		read_group qmail || :
	fi
}

mta_facts() {
	look_for_processes
	find_home || return 1
	case $home in
	/*) ;;
	*) reason="qmail_home $home is not an absolute path" && return 1 ;;
	esac
	case $home in
	*[[:cntrl:]]*) reason='qmail_home contains control characters' && return 1 ;;
	esac
	control=$(cd -P "$home/control" 2>/dev/null && pwd -P) || {
		reason="$home has no control directory that uid $uid can enter"
		return 1
	}
	case $control in
	*[[:cntrl:]]*) reason='the path of the control directory contains control characters' && return 1 ;;
	esac
	find_group
	sender=
	if pid_of_home "$senders"; then
		sender=$q_pid
	elif [ -n "$q_pid" ]; then
		reason="several qmail-send run with the home $home"
		return 1
	fi
	fact qmail.home "$home"
	fact qmail.control "$control"
	[ -z "$group" ] || fact qmail.group "$group"
	if [ -n "$sender" ]; then
		fact qmail.send running
	else
		fact qmail.send stopped
	fi
}

mta_resolve() {
	case $1 in
	qmail:smtproutes | qmail:locals | qmail:virtualdomains | qmail:me | qmail:rcpthosts | qmail:percenthack)
		path=$control/${1#qmail:}
		;;
	*)
		reason="$1 is no control file that this script knows"
		return 1
		;;
	esac
}

# Judge the staged file $2 for $1, whose metadata are in m_*. qmail-remote runs as an ordinary user: what it cannot read
# defers all mail. qmail strips blanks and tabs from a line's end, but a CR becomes part of the value.
mta_validate() {
	case $1 in
	qmail:smtproutes | qmail:locals | qmail:virtualdomains | qmail:rcpthosts) ;;
	*) reason="$1 takes effect only when qmail-send is started again" && return 1 ;;
	esac
	[ -n "$2" ] || return 0
	case $m_mode in
	*[4-7]) ;;
	*[4-7]?) [ -z "$group" ] || [ "$m_gid" = "$group_number" ] || [ "$m_uid" != 0 ] || {
		reason="with mode $m_mode and group $m_group the user of qmail-remote could not read it"
		return 1
	} ;;
	*) [ "$m_uid" != 0 ] || {
		reason="with mode $m_mode the user of qmail-remote could not read it"
		return 1
	} ;;
	esac
	v_lines=$(tr -cd '\r\000' <"$2" | wc -c) || v_lines=1
	[ "$((v_lines))" = 0 ] || {
		reason='it contains a CR or NUL byte'
		return 1
	}
}

mta_prepare() { :; }

mta_dress() { :; }

mta_try() { :; }

# smtproutes is read anew at every delivery, rcpthosts at every connection; qmail-send alone wants a HUP (qmail-send(8)).
mta_activate() {
	case " $1 " in
	*' qmail:locals '* | *' qmail:virtualdomains '*) ;;
	*) return 0 ;;
	esac
	[ -n "$sender" ] || return 0
	home_of "$sender" qmail-send && kill -HUP "$sender" || {
		reason="qmail-send, pid $sender, could not be told"
		return 1
	}
}

mta_undo() { :; }

mta_prune() { :; }

# Whole files are ours here: there are no parts to be taken out of one, and nothing of before that a way back needs.
mta_merges() { return 1; }

mta_merge() { return 1; }

mta_keeps() { return 1; }

mta_try_back() { :; }

mta_verify() {
	case $1 in
	qmail:locals | qmail:virtualdomains) ;;
	*) return 0 ;;
	esac
	[ -z "$sender" ] || kill -0 "$sender" 2>/dev/null || {
		reason="qmail-send, pid $sender, is no longer running"
		return 1
	}
}

mta_verdict() {
	verdict=unknown seen='no delivery was watched'
}

# Have everything that waits tried again: forget which hosts timed out (qmail-tcpok(8)), and ALRM to qmail-send.
mta_flush() {
	[ -n "$sender" ] || {
		reason='no qmail-send runs here'
		return 1
	}
	[ ! -x "$home/bin/qmail-tcpok" ] || try "$home/bin/qmail-tcpok" || {
		reason=$why
		return 1
	}
	home_of "$sender" qmail-send && kill -ALRM "$sender" || {
		reason="qmail-send, pid $sender, could not be told"
		return 1
	}
}
