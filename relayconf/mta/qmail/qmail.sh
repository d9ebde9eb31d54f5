# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# qmail's part of a script. `home` is /var/qmail or the like, `control` its control directory with links followed.

mta_parameter() {
	case $1 in
	qmail_home) home=$2 ;;
	qmail_manage) managed=$2 ;;
	qmail_probe) probes=$2 ;;
	qmail_wait) bound=$2 ;;
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
	# indimail's programs are among the system's.
	[ "${q_line%"/sbin/$2"*}" = "$q_line" ] || [ ! -d /etc/indimail/control ] || q_home=/etc/indimail
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
		for home in /var/qmail /var/lib/qmail /usr/local/qmail /usr/local/aqmail /etc/indimail; do
			[ ! -d "$home/control" ] && [ ! -e "$home/etc/me" ] || return 0
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

# Name, number and group of the user $1, by name or number, in `u_name`, `u_number` and `u_gid`, from /etc/passwd.
read_user() {
	while IFS=: read -r u_name _ u_number u_gid _; do
		[ "$1" != "$u_name" ] && [ "$1" != "$u_number" ] || return 0
	done 2>/dev/null </etc/passwd
	u_name='' u_number='' u_gid=''
	return 1
}

# The user and group of process $1, in `q_uid` and `q_gid`.
read_ids() {
	q_uid='' q_gid=''
	while read -r q_key q_id _; do
		case $q_key in
		Uid:) q_uid=$q_id ;;
		Gid:) q_gid=$q_id && return 0 ;;
		esac
	done 2>/dev/null <"/proc/$1/status"
	return 1
}

# Who qmail-remote runs as, in `remote_uid`, `group` and `group_number`; empty where nothing tells.
find_group() {
	group='' group_number='' remote_uid='' spawner=
	if pid_of_home "$spawners" && read_ids "$q_pid"; then
		spawner=$q_pid remote_uid=$q_uid
		read_group "$q_gid" || group=$q_gid group_number=$q_gid
	else
		read_group qmail || :
		! read_user qmailr || remote_uid=$u_number
	fi
}

# The qmail-remote of this home, in `q_program`. The system's own is indimail's alone.
find_program() {
	for q_program in "$home/bin/qmail-remote" "$home/sbin/qmail-remote"; do
		[ ! -e "$q_program" ] || return 0
	done
	q_program=/usr/sbin/qmail-remote
	[ "$home" = /etc/indimail ] && [ -e "$q_program" ]
}

# What qmail-remote is, and which strings are in it that tell its flavour; none is run.
read_program() {
	if ! find_program; then
		fact qmail.flavour.program missing
		return 0
	fi
	q_text=$(tr -cd '\040-\176' 2>/dev/null <"$q_program") || {
		fact qmail.flavour.program unreadable
		return 0
	}
	case $q_text in
	'#!'*) fact qmail.flavour.program script && return 0 ;;
	esac
	fact qmail.flavour.program program
	q_strings=
	for q_string in control/smtproutes etc/smtproutes authsenders 'AUTH LOGIN' 'AUTH PLAIN' STARTTLS tlshosts/ \
		tlsdestinations moresmtproutes.cdb smtpclustercookie; do
		case $q_text in
		*"$q_string"*)
			# `AUTH LOGIN` is one word of the fact.
			[ "$q_string" = "${q_string#* }" ] || q_string=${q_string%% *}_${q_string#* }
			q_strings=$q_strings\ $q_string
			;;
		esac
	done
	fact qmail.flavour.strings "${q_strings# }"
}

# What qmail-rspawn was started with that changes what is sent, and how.
read_environment() {
	pid_of_home "$spawners" || return 0
	q_lines=$(tr '\n\000' ' \n' 2>/dev/null <"/proc/$q_pid/environ")$nl
	while [ -n "$q_lines" ]; do
		q_line=${q_lines%%"$nl"*} q_lines=${q_lines#*"$nl"}
		case $q_line in
		AUTH_SMTP=*) fact qmail.flavour.environment AUTH_SMTP ;;
		QMAILREMOTE=*[[:cntrl:]]*) fact qmail.flavour.wrapper QMAILREMOTE ;;
		QMAILREMOTE=?*) [ "${q_line#*=}" -ef "$q_program" ] || fact qmail.flavour.wrapper "${q_line#*=}" ;;
		esac
	done
}

flavour_facts() {
	read_program
	read_environment
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
	q_directory=control
	[ -d "$home/control" ] || [ ! -e "$home/etc/me" ] || q_directory=etc
	control=$(cd -P "$home/$q_directory" 2>/dev/null && pwd -P) || {
		reason="$home has no control directory that uid $uid can enter"
		return 1
	}
	case $control in
	*[[:cntrl:]]*) reason='the path of the control directory contains control characters' && return 1 ;;
	esac
	find_group
	sender=
	# A child that is about to run another program is gone at the second look.
	pid_of_home "$senders" || [ -z "$q_pid" ] || { look_for_processes && pid_of_home "$senders"; } || [ -z "$q_pid" ] || {
		reason="several qmail-send run with the home $home"
		return 1
	}
	sender=$q_pid
	fact qmail.home "$home"
	fact qmail.control "$control"
	[ -z "$group" ] || fact qmail.group "$group"
	flavour_facts
	if [ -n "$sender" ]; then
		fact qmail.send running
	else
		fact qmail.send stopped
	fi
}

mta_resolve() {
	may_lack=
	case $1 in
	qmail:smtproutes | qmail:locals | qmail:virtualdomains | qmail:me | qmail:rcpthosts | qmail:percenthack | \
		qmail:envnoathost | qmail:authsenders | qmail:qmtproutes | qmail:tlsdestinations | qmail:helohost)
		path=$control/${1#qmail:}
		;;
	qmail:tlshosts/[!.]*.pem)
		case ${1#qmail:tlshosts/} in
		*/*) reason="$1 is no control file that this script knows" && return 1 ;;
		esac
		path=$control/${1#qmail:} may_lack=yes
		;;
	*)
		reason="$1 is no control file that this script knows"
		return 1
		;;
	esac
}

# Who has to read the control file $1: the program, and its user and group as far as they are known.
find_reader() {
	reader=qmail-remote reader_uid=$remote_uid reader_gid=$group_number
	case $1 in
	qmail:locals | qmail:virtualdomains) ;;
	qmail:rcpthosts)
		# Who runs qmail-smtpd is in a run script.
		reader=qmail-smtpd reader_uid='' reader_gid=''
		return 0
		;;
	*) return 0 ;;
	esac
	reader=qmail-send reader_uid=''
	if [ -n "$sender" ] && read_ids "$sender"; then
		reader_uid=$q_uid reader_gid=$q_gid
	elif read_user qmails; then
		reader_uid=$u_number reader_gid=$u_gid
	fi
}

# Whether that user can read the file whose metadata are in m_*. The owner's bits are for the owner alone, the group's for
# its members. Of a file that is not root's nothing is said while nobody knows who reads it.
is_readable() {
	[ "$reader_uid" != 0 ] || return 0
	if [ -n "$reader_uid" ] && [ "$m_uid" = "$reader_uid" ]; then
		case $m_mode in
		*[4-7]??) return 0 ;;
		esac
	elif [ -z "$reader_uid" ] && [ "$m_uid" != 0 ]; then
		return 0
	elif [ -z "$reader_gid" ] || [ "$m_gid" = "$reader_gid" ]; then
		case $m_mode in
		*[4-7]?) return 0 ;;
		esac
		[ -z "$reader_gid" ] || return 1
		case $m_mode in
		*[4-7]) return 0 ;;
		esac
	else
		case $m_mode in
		*[4-7]) return 0 ;;
		esac
	fi
	return 1
}

# Judge the staged file $2 for $1, whose metadata are in m_*. qmail-remote runs as an ordinary user: what it cannot read
# defers all mail. qmail strips blanks and tabs from a line's end, but a CR becomes part of the value.
mta_validate() {
	case $1 in
	qmail:smtproutes | qmail:locals | qmail:virtualdomains | qmail:rcpthosts) ;;
	qmail:authsenders | qmail:tlsdestinations | qmail:tlshosts/* | qmail:me | qmail:helohost) ;;
	*) reason="$1 takes effect only when qmail-send is started again" && return 1 ;;
	esac
	[ -n "$2" ] || {
		case $1 in
		qmail:rcpthosts) reason='without it qmail-smtpd takes mail for every domain from everyone' ;;
		qmail:me) reason='without it no program of qmail works' ;;
		*) return 0 ;;
		esac
		return 1
	}
	find_reader "$1"
	is_readable || {
		reason="with mode $m_mode and group $m_group the user of $reader could not read it"
		return 1
	}
	v_lines=$(tr -cd '\r\000' <"$2" | wc -c) || v_lines=1
	[ "$((v_lines))" = 0 ] || {
		reason='it contains a CR or NUL byte'
		return 1
	}
}

mta_prepare() {
	case $1 in
	qmail:tlshosts/*) ;;
	*) return 0 ;;
	esac
	[ -d "$control/tlshosts" ] || try mkdir -m 755 "$control/tlshosts" || {
		reason="$control/tlshosts cannot be made: $why"
		return 1
	}
	case $nl$extra in
	*"$nl$control/tlshosts$nl"*) ;;
	*) extra=$extra$control$nl$control/tlshosts$nl ;;
	esac
}

mta_dress() { :; }

# Run a command for $1 seconds at most, with its standard input from $2 and its output into $3. Then it ends, and its
# children with it.
bounded() {
	b_time=$1 b_input=$2 b_output=$3
	shift 3
	! command -v setsid >/dev/null 2>&1 || set -- setsid "$@"
	"$@" <"$b_input" >"$b_output" 2>"$b_output.words" &
	b_pid=$!
	end_in_time "$b_time" "$b_pid" >/dev/null 2>&1 &
	b_watcher=$!
	wait "$b_pid"
	b_status=$?
	kill "$b_watcher" 2>/dev/null
	wait "$b_watcher"
	kill -KILL "-$b_pid" 2>/dev/null
	return "$b_status"
}

end_in_time() {
	b_nap=
	trap '[ -z "$b_nap" ] || kill "$b_nap" 2>/dev/null; exit 0' TERM
	sleep "$1" &
	b_nap=$!
	wait "$b_nap"
	kill -TERM "-$2" 2>/dev/null || kill -TERM "$2" 2>/dev/null
	sleep 1
	kill -KILL "-$2" 2>/dev/null || kill -KILL "$2" 2>/dev/null
}

# What qmail-rspawn runs for a delivery, in `remote`, and what of its environment changes what that sends.
find_remote() {
	find_program || q_program=$home/bin/qmail-remote
	remote=$q_program
	[ -n "$spawner" ] || return 0
	q_lines=$(tr '\n\000' ' \n' 2>/dev/null <"/proc/$spawner/environ")$nl
	while [ -n "$q_lines" ]; do
		q_line=${q_lines%%"$nl"*} q_lines=${q_lines#*"$nl"}
		case $q_line in
		QMAILREMOTE=/*) remote=${q_line#*=} ;;
		AUTH_SMTP=*) AUTH_SMTP=${q_line#*=} && export AUTH_SMTP ;;
		CONTROLDIR=*) CONTROLDIR=${q_line#*=} && export CONTROLDIR ;;
		esac
	done
}

# Get ready for a test of qmail-remote; fails with `why` when there can be none. Its message has a last line without end:
# qmail-remote goes as far as DATA and then refuses to go on, so that nothing is ever delivered.
prepare_probe() {
	find_remote
	why=
	if [ ! -x "$remote" ]; then
		why="$remote is missing"
	elif [ -z "$remote_uid" ] || [ -z "$group_number" ]; then
		why='its user and group are not known here'
	elif [ "$remote_uid" != "$uid" ] && [ "$uid" != 0 ]; then
		why="uid $uid cannot become uid $remote_uid"
	fi
	[ -z "$why" ] || return 1
	rm -rf "$work/trial"
	try mkdir "$work/trial" || return 1
	why='its message cannot be written'
	{ say 'Subject: relayconf' && say '' && say 'This line has no end, so that nothing is delivered.' | tr -d '\n'; } \
		2>/dev/null >"$work/trial/message"
	b_size=$(wc -c <"$work/trial/message") && [ "$((b_size))" = 71 ]
}

concerns_remote() {
	case $c_path in
	qmail:locals | qmail:virtualdomains | qmail:rcpthosts) ;;
	*) concerned=yes ;;
	esac
}

# Lines `SOURCE TARGET`, tab separated, of what hides the live files from qmail-remote alone, in `binds`: each file of its
# own, or where one is made or goes a copy of the whole directory.
add_bind() {
	[ "$c_sha" != - ] && [ -e "$c_target" ] || whole=yes
	binds=$binds$c_stage$tab$c_target$nl
}

add_copy() {
	try rm -f "$work/trial/control/${c_path#qmail:}" || return 1
	[ "$c_sha" = - ] || try cp -p "$c_stage" "$work/trial/control/${c_path#qmail:}"
}

lay_binds() {
	binds='' whole=
	each add_bind "$latest"
	[ -n "$whole" ] || return 0
	try cp -R -P -p "$control" "$work/trial/control" && each add_copy "$latest" || return 1
	binds=$work/trial/control$tab$control$nl
}

# Run qmail-remote for the domain $2, sender $3 and recipient $4 as its own user: with the candidates when $1 is `staged`,
# in a mount namespace of its own, where nothing else sees them; else with what is live.
run_remote() {
	r_how=$1
	shift
	set -- "$remote" "$@"
	if [ "$remote_uid" = "$uid" ]; then
		:
	elif setpriv --reuid=0 --regid=0 --clear-groups true 2>/dev/null; then
		set -- setpriv "--reuid=$remote_uid" "--regid=$group_number" --clear-groups "$@"
	elif read_user "$remote_uid" && command -v setuidgid >/dev/null 2>&1; then
		set -- setuidgid "$u_name" "$@"
	else
		set -- su -s /bin/sh "${u_name:-qmailr}" -c "exec \"\$0\" \"\$@\"" -- "$@"
	fi
	if [ "$r_how" = staged ]; then
		r_list=$binds
		set -- -- "$@"
		while [ -n "$r_list" ]; do
			r_line=${r_list%%"$nl"*} r_list=${r_list#*"$nl"}
			set -- "${r_line%%"$tab"*}" "${r_line#*"$tab"}" "$@"
		done
		# Without the first words the mounts would be everybody's.
		r_line="mount --make-rprivate / || exit 111; while [ \"\$1\" != -- ]; do mount --bind \"\$1\" \"\$2\" || exit 111"
		set -- unshare -m sh -c "$r_line; shift 2; done; shift; exec \"\$@\"" sh "$@"
	fi
	bounded "${bound:-30}" "$work/trial/message" "$work/trial/report" "$@"
}

# The words that may be shown of a report, in `why`: those of a flavour that misunderstands a route may hold its
# credentials in place of the host name, and who refuses a password may repeat it.
soften() {
	why=$1
	case $why in
	*'any host named '*)
		s_name=${why#*any host named } s_name=${s_name%%". ("*}
		case $s_name in
		*[!0-9A-Za-z._-]*) why='couldn'\''t find the host that the route names. (#5.1.2)' ;;
		esac
		;;
	esac
	s_before=${why%%emote host said: *}
	[ "$s_before" != "$why" ] || return 0
	case $s_before in
	*[Aa][Uu][Tt][Hh]*)
		s_rest=${why#"$s_before"emote host said: }
		why="${s_before}emote host said: ${s_rest%"${s_rest#???}"}"
		;;
	esac
}

# What qmail-remote reported, as qmail-rspawn reads it: its first byte, and the first report that begins with K, Z or D. In
# `outcome` pass, fail or unknown, with `why`. Only what stays so is a failure: greylisting or a time-out is none.
judge_report() {
	outcome=unknown
	j_list=$(tr '\n\000' ' \n' <"$work/trial/report" | tr -cd '\n\040-\176')$nl
	if [ "$1" -gt 128 ]; then
		why="no end within ${bound:-30} s"
		return 0
	fi
	j_first=${j_list%%"$nl"*} j_last=
	while [ -n "$j_list" ]; do
		j_last=${j_list%%"$nl"*} j_list=${j_list#*"$nl"}
		case $j_last in
		[KZD]*) break ;;
		esac
	done
	case $j_first,$j_last in
	,*) why="it could not be run, status $1" && return 0 ;;
	r*,D*'partial final line'*) outcome=pass why= && return 0 ;;
	K*) outcome=fail && soften "it would lose mail: ${j_first#K}" && return 0 ;;
	[hs]*) soften "${j_first#?}" ;;
	*) soften "${j_last#?}" ;;
	esac
	case $j_first,$j_last in
	h* | [!s]*,D*) outcome=fail ;;
	[!s]*,Z*'greeting failed'*'aid: 5'* | [!s]*,Z*'Unable to read control files'*) outcome=fail ;;
	[!s]*,Z*'TLS unable to'* | [!s]*,Z*'No TLS achieved'* | [!s]*,Z*'no SMTP AUTH support'*) outcome=fail ;;
	esac
}

# One test after the other, with what is `staged` or `live`. What is refused in the same words without the change is not its
# fault. `probed` is pass or unknown, `probe_words` say more; fails for a refusal.
probe() {
	p_list="$probes " probed=pass probe_words='a test by qmail-remote: the relay takes sender and recipient'
	while [ -n "$p_list" ]; do
		p_domain=${p_list%% *} p_list=${p_list#* }
		p_sender=${p_list%% *} p_list=${p_list#* }
		p_recipient=${p_list%% *} p_list=${p_list#* }
		run_remote "$1" "$p_domain" "$p_sender" "$p_recipient"
		judge_report "$?"
		[ "$outcome" != pass ] || continue
		p_words=$why
		if [ "$outcome" = fail ]; then
			find_before "$1" || {
				reason="a test by qmail-remote for mail to $p_domain: $p_words"
				return 1
			}
			p_words="refused as before: $p_words"
		fi
		probed=unknown probe_words="a test by qmail-remote for mail to $p_domain: $p_words"
	done
}

# Whether the refusal in `p_words` is that of the live routes too, or was before they changed.
find_before() {
	if [ "$1" = staged ]; then
		run_remote live "$p_domain" "$p_sender" "$p_recipient"
		judge_report "$?"
		[ "$outcome,$why" = "fail,$p_words" ]
	else
		case $nl$refused_before in
		*"$nl$p_domain $p_words$nl"*) ;;
		*) return 1 ;;
		esac
	fi
}

# What the routes that are live now are refused with, in `refused_before`: the tests come again after the rename.
probe_before() {
	refused_before='' p_list="$probes "
	while [ -n "$p_list" ]; do
		p_domain=${p_list%% *} p_list=${p_list#* }
		p_sender=${p_list%% *} p_list=${p_list#* }
		p_recipient=${p_list%% *} p_list=${p_list#* }
		run_remote live "$p_domain" "$p_sender" "$p_recipient"
		judge_report "$?"
		[ "$outcome" != fail ] || refused_before=$refused_before$p_domain\ $why$nl
	done
}

# Before anything is live, once: find the log, and test the candidates of all phases when the request names addresses for
# it. Where no namespace can be made the test comes right after the rename.
mta_try() {
	[ -z "${tried-}" ] || return 0
	tried=yes probed='' late='' concerned=
	find_log
	[ -n "${probes-}" ] || return 0
	find_latest
	each concerns_remote "$latest"
	[ -n "$concerned" ] || return 0
	prepare_probe || {
		probed=unknown probe_words="no test by qmail-remote: $why"
		return 0
	}
	if try unshare -m sh -c "mount --make-rprivate / && mount --bind \"\$1\" \"\$1\"" sh "$control" && lay_binds; then
		probe staged
	else
		late=yes
		probe_before
	fi
}

# Where the process $1 with the pipe $2 for its standard input writes: the newest file `current` that it has open, in `log`.
find_current() {
	[ "$(readlink "/proc/$1/fd/0" 2>/dev/null)" = "$2" ] && same_namespace "$1" || return 0
	for l_open in "/proc/$1"/fd/*; do
		l_file=$(readlink "$l_open" 2>/dev/null) || continue
		case $l_file in
		/*/current) [ -n "$log" ] && [ "$log" -nt "$l_file" ] || log=$l_file ;;
		esac
	done
}

# The file that the lines of qmail-send come to, in `log`; empty where none is found. Its logger tells, else one looks at
# the usual places, unless several qmails could write there.
find_log() {
	log='' log_inode='' log_start=0 told=
	[ -n "$sender" ] || return 0
	for l_fd in 0 1; do
		l_out=$(readlink "/proc/$sender/fd/$l_fd" 2>/dev/null) || continue
		case $l_out in
		/*) [ ! -f "$l_out" ] || log=$l_out ;;
		pipe:*)
			for l_process in /proc/[0-9]*; do
				IFS= read -r l_name 2>/dev/null <"$l_process/comm" || continue
				case $l_name in
				multilog | svlogd | s6-log | cyclog) find_current "${l_process#/proc/}" "$l_out" ;;
				esac
			done
			;;
		esac
		[ -z "$log" ] || break
	done
	case $log,$homes in
	,*"$nl"*"$nl"*) ;;
	,*)
		for log in /var/log/qmail/current /var/log/qmail/send/current /var/log/qmail/qmail-send/current \
			/log/qmail-send/current /var/log/mail.log /var/log/maillog /var/log/mail.info /var/log/syslog \
			/var/log/messages ''; do
			[ ! -f "$log" ] || [ ! -r "$log" ] || break
		done
		;;
	esac
	mark_log
}

# What the log holds now is not of this change. A file is known by its inode, since loggers rename what is full.
mark_log() {
	[ -n "$log" ] || return 0
	l_line=$(ls -di "$log") && log_inode=${l_line%"$log"} && log_start=$(size_of "$log") || log=''
}

# The text of qmail-send's lines on standard input, without what a logger puts in front of it.
strip_stamps() {
	tr -cd '\n\040-\176' | sed -n -e 's/^.* qmail: [0-9.]*+* *//' -e 's/^.* qmail[-a-z]*\[[0-9]*\]: //' \
		-e 's/^@[0-9a-f]* //' -e 's/^[0-9][-0-9T:._Z]*  *\([0-9][0-9:.]* *\)\{0,1\}//' \
		-e '/^info msg /p' -e '/^starting delivery /p' -e '/^delivery [0-9]*: /p' -e '/^alert: /p' -e '/^status: local /p'
}

# Whether mail is on its way to a relay, as the last status says.
is_busy() {
	l_line=$(tail -c 20000 "$log" | strip_stamps | grep '^status: ' | tail -n 1)
	case $l_line in
	'' | *' remote 0/'*) return 1 ;;
	esac
}

# The relays that the live routes name, in `relays`, and their addresses in `addresses`.
find_relays() {
	relays=$(sed -n -e '/^#/d' -e 's/^[^:]*:\([^:;| 	]\{1,\}\).*/\1/p' "$control/smtproutes" 2>/dev/null |
		tr -d '[]' | grep -E '^[0-9A-Za-z._-]+$' | sort -u | head -n 20)
	addresses=
	rm -rf "$work/trial"
	command -v getent >/dev/null 2>&1 && [ -n "$relays" ] && mkdir "$work/trial" && say "$relays" >"$work/trial/names" &&
		bounded 2 "$work/trial/names" "$work/trial/addresses" \
			sh -c "while read -r name; do getent ahostsv4 \"\$name\"; done" || return 0
	while read -r l_address _; do
		case " $addresses " in
		*" $l_address "*) ;;
		*) addresses="$addresses $l_address" ;;
		esac
	done <"$work/trial/addresses"
}

# Whether the report $1 of a delivery tells that the routes do not work, or, in `seen`, that one does.
is_bad() {
	case $1 in
	success:*no_supported_AUTH* | success:*rejected* | *Unable_to_read_control_files*) return 0 ;;
	success:*accepted*)
		for l_address in $addresses; do
			case $1 in
			*[!0-9]"${l_address}_"*) verdict=pass seen="mail left by $l_address" ;;
			esac
		done
		;;
	success:*) return 0 ;;
	failure:*any_host_named_*)
		for l_relay in $relays; do
			case $1 in
			*any_host_named_"$l_relay"._*) return 0 ;;
			esac
		done
		;;
	esac
	return 1
}

# Whether the log had the same text before.
is_known() {
	head -c "$log_start" "$log" 2>/dev/null | tail -c 300000 | grep -qF -e "$1"
}

# Go through what was logged since: deliveries that began since then, and alarms. Fails for one that is new.
read_log() {
	l_list=$(tail -c "+$((log_start + 1))" "$log" | head -c 300000 | strip_stamps | head -n 1000)$nl
	l_begun=' '
	case $nl$l_list in
	*"${nl}delivery "*': success: '* | *"${nl}delivery "*': failure: '*) [ -n "$relays" ] || find_relays ;;
	esac
	while [ -n "$l_list" ]; do
		l_line=${l_list%%"$nl"*} l_list=${l_list#*"$nl"}
		case $l_line in
		'alert: unable to reread'*)
			[ -z "$told" ] || {
				reason="qmail-send says: $l_line"
				return 1
			}
			;;
		alert:*) ! is_known "$l_line" && reason="qmail-send says: $l_line" && return 1 ;;
		'starting delivery '*' to remote '*)
			l_line=${l_line#starting delivery }
			l_begun="$l_begun${l_line%%:*} "
			;;
		delivery*)
			l_text=${l_line#*: } l_line=${l_line%%: *}
			case $l_begun in
			*" ${l_line#delivery } "*)
				is_bad "$l_text" && ! is_known "$l_text" && reason="a delivery ended so: $l_text" && return 1
				;;
			esac
			;;
		esac
	done
	return 0
}

# Two seconds at most, and only while mail is on its way or qmail-send was told something.
watch_log() {
	l_left=1 relays=
	[ -z "$told" ] || l_left=5
	! is_busy || l_left=20
	while :; do
		l_line=$(ls -di "$log" 2>/dev/null) && [ "${l_line%"$log"}" = "$log_inode" ] || {
			log_inode=${l_line%"$log"} log_start=0
		}
		[ "$(size_of "$log" 2>/dev/null)" -ge "$log_start" ] 2>/dev/null || return 0
		read_log || return 1
		l_left=$((l_left - 1))
		[ "$verdict,$told" != pass, ] && [ "$l_left" -gt 0 ] && sleep 0.1 2>/dev/null || return 0
	done
}

# Tell qmail-send, and no other process: by its pid alone, whoever supervises it. It may have been started again meanwhile.
tell_sender() {
	home_of "$sender" qmail-send || {
		look_for_processes
		pid_of_home "$senders" && sender=$q_pid
	} || {
		reason="qmail-send, pid $sender, is no longer running"
		return 1
	}
	kill "$1" "$sender" || {
		reason="qmail-send, pid $sender, could not be told"
		return 1
	}
}

# smtproutes is read anew at every delivery, rcpthosts at every connection; qmail-send alone wants a HUP (qmail-send(8)).
mta_activate() {
	[ -n "$restoring" ] || [ -z "${log-}" ] || mark_log
	case " $1 " in
	*' qmail:locals '* | *' qmail:virtualdomains '*) ;;
	*) return 0 ;;
	esac
	[ -n "$sender" ] || return 0
	told=yes
	tell_sender -HUP
}

mta_undo() { :; }

mta_prune() { :; }

# Whole files are ours here: there are no parts to be taken out of one, and nothing of before that a way back needs.
mta_merges() { return 1; }

mta_merge() { return 1; }

mta_keeps() { return 1; }

mta_try_back() { :; }

# qmail has no router that could be asked.
mta_route() { return 1; }

mta_verify() {
	case $1 in
	qmail:locals | qmail:virtualdomains) ;;
	*) return 0 ;;
	esac
	[ -z "$sender" ] || tell_sender -0
}

# What a test and the log show since the change is live.
mta_verdict() {
	verdict=unknown seen='no mail left meanwhile'
	[ -z "${late-}" ] || probe live || return 1
	[ -z "${probed-}" ] || verdict=$probed seen=$probe_words
	if [ -z "$sender" ]; then
		[ -n "${probed-}" ] || seen='qmail-send does not run'
	elif [ -z "${log-}" ]; then
		[ -n "${probed-}" ] || seen='the log of qmail-send was not found'
	else
		watch_log
	fi
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
	tell_sender -ALRM
}

# The same test as before a change, with the routes that are live.
mta_probe() {
	prepare_probe || {
		unseen "no test by qmail-remote: $why"
		return 0
	}
	bound=$wait binds=''
	run_remote live "$domain" "$from" "$to"
	judge_report "$?"
	say "report $outcome ${why:-it takes sender and recipient}"
}

# The lines of the first delivery of our message on standard input: the one to `to` of a message from `from`.
find_delivery() {
	v_number='' v_begun=''
	while IFS= read -r v_new; do
		case $v_new in
		'info msg '*" from <$from> "*) v_number=${v_new#info msg } v_number=${v_number%%:*} ;;
		"starting delivery "*": msg ${v_number:-none} to "*"$to") v_begun=$v_new ;;
		'delivery '*)
			v_delivery=${v_begun#starting delivery } v_delivery=${v_delivery%%:*}
			case $v_new in
			"delivery ${v_delivery:-none}: "*)
				say "log $v_begun"
				say "log $v_new"
				return 0
				;;
			esac
			;;
		esac
	done
	return 1
}

mta_send() {
	[ -n "$sender" ] || {
		unseen 'qmail-send does not run'
		return 0
	}
	find_log
	[ -n "$log" ] || {
		unseen 'the log of qmail-send was not found'
		return 0
	}
	write_message >"$work/message"
	why=$("$home/bin/qmail-inject" -f "$from" "$to" <"$work/message" 2>&1) || {
		one_line
		reason="qmail-inject: $why"
		return 1
	}
	v_tries=$((wait * 5))
	while :; do
		l_line=$(ls -di "$log" 2>/dev/null) && [ "${l_line%"$log"}" = "$log_inode" ] || {
			unseen "the log $log was rotated meanwhile"
			return 0
		}
		! tail -c "+$((log_start + 1))" "$log" | head -c 8000000 | strip_stamps | find_delivery || return 0
		[ "$v_tries" -gt 0 ] || break
		v_tries=$((v_tries - 1))
		sleep 0.2 2>/dev/null || {
			sleep 1
			v_tries=$((v_tries - 4))
		}
	done
	unseen "the log $log does not tell within $wait s what became of it"
}
