# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# Postfix's part of a script. `config` is its configuration directory with links followed, `generations` the directory of
# the generations in it, `live` the number of the one that main.cf names, or `-`.

mta_parameter() {
	case $1 in
	config_directory) config=$2 ;;
	postfix_wait) bound=$2 ;;
	settings) asked=$2 ;;
	authorities | certificate | key) files="${files-}$1 $2$nl" ;;
	esac
}

# The value of the parameter $2 in $1, what postconf printed, in `value`.
read_setting() {
	value=$nl$1$nl
	case $value in
	*"$nl$2 ="*) value=${value#*"$nl$2 ="} value=${value%%"$nl"*} value=${value# } ;;
	*) value= ;;
	esac
}

is_number() {
	case $1 in
	'' | *[!0-9]* | 0* | ??????????*) return 1 ;;
	esac
}

# Split `postfix:NUMBER/NAME` into `number` and `name`.
split_generation() {
	number=${1#postfix:} name=${1##*/}
	number=${number%%/*}
	is_number "$number" && [ "$1" = "postfix:$number/$name" ] && is_source "$name"
}

is_source() {
	case $1 in
	transport | senders | sasl_passwd | tls_policy | generic | status_filter) ;;
	*) return 1 ;;
	esac
}

# Whether `master` is the pid of this Postfix's master, a process of root's with that name.
find_master() {
	master=''
	IFS=' ' read -r master 2>/dev/null <"$queue/pid/master.pid" || return 1
	case $master in
	'' | *[!0-9]*) return 1 ;;
	esac
	if [ -r "/proc/$master/status" ]; then
		while read -r n_key n_value _; do
			case $n_key in
			Name:) [ "$n_value" = master ] || return 1 ;;
			State:) [ "$n_value" != Z ] || return 1 ;;
			Uid:) [ "$n_value" = 0 ] && return 0 || return 1 ;;
			esac
		done 2>/dev/null <"/proc/$master/status"
		return 1
	fi
	[ ! -d /proc/self ] || return 1
	n_value=$(ps -o uid=,comm= -p "$master" 2>/dev/null) || return 1
	n_key=${n_value##*[ /]}
	[ "$n_key" = master ] && [ "$((${n_value%%[!0-9 ]*}))" = 0 ]
}

find_live() {
	live=-
	case $1 in
	"$config"/relayconf/* | "$named"/relayconf/*) ! is_number "${1##*/relayconf/}" || live=${1##*/} ;;
	esac
}

# The type of the compiled tables: the default when this Postfix has it, else the first that it has.
find_database() {
	types=$(postconf -c "$config" -m 2>/dev/null | tr '\n' ' ') types=${types% }
	for database in "$1" lmdb hash cdb btree texthash; do
		case " $types " in
		*" $database "*) return 0 ;;
		esac
	done
	reason="this Postfix has no type of table that relayconf can use, only $types"
	return 1
}

mta_facts() {
	command -v postconf >/dev/null 2>&1 || {
		reason='no Postfix found: there is no postconf'
		return 1
	}
	named=$(postconf ${config:+-c "$config"} -h config_directory 2>/dev/null) || {
		try postconf ${config:+-c "$config"} -h config_directory || :
		reason="no usable Postfix found: $why"
		return 1
	}
	config=$(cd -P "$named" 2>/dev/null && pwd -P) || {
		reason="the configuration directory $named is missing or cannot be entered"
		return 1
	}
	case $config in
	*[[:cntrl:]]*) reason='the path of the configuration directory contains control characters' && return 1 ;;
	esac
	set -- mail_version daemon_directory queue_directory default_database_type multi_instance_directories
	set -- "$@" transport_maps smtp_sasl_password_maps smtp_tls_policy_maps smtp_generic_maps relay_domains
	settings=$(postconf -c "$config" -x "$@" relayconf_maps myhostname mydestination 2>/dev/null)
	read_setting "$settings" queue_directory
	queue=$value generations=$config/relayconf
	read_setting "$settings" daemon_directory
	daemons=$value
	read_setting "$settings" relayconf_maps
	find_live "$value"
	read_setting "$settings" default_database_type
	find_database "$value" || return 1
	! find_master && running=no || running=yes
	[ -n "${transaction-}" ] || tell_facts
}

tell_fact() {
	read_setting "$settings" "$1"
	fact "postfix.$2" "${value:--}"
}

tell_facts() {
	tell_fact mail_version version
	fact postfix.config_directory "$config"
	tell_fact daemon_directory daemon_directory
	tell_fact queue_directory queue_directory
	tell_fact multi_instance_directories multi_instance
	tell_fact myhostname myhostname
	tell_fact mydestination mydestination
	fact postfix.database_type "$database"
	fact postfix.types "$types"
	fact postfix.generation "$live"
	find_next
	fact postfix.next_generation "$next"
	fact postfix.running "$running"
	[ -w "$config" ] && fact postfix.writable yes || fact postfix.writable no
	fact postfix.date "$(date -u +%Y-%m-%d)"
	find_owner
	fact postfix.managed_by "$by"
	tell_defaults
	tell_files
	tell_bundle
	tell_sasl
	tell_queue
}

# What the parameters that are asked for are without main.cf. One that this Postfix does not know is not told.
tell_defaults() {
	[ -n "${asked-}" ] || return 0
	set --
	for d_name in $asked; do
		set -- "$@" "$d_name"
	done
	d_list=$(postconf -c "$config" -dx "$@" 2>/dev/null)$nl
	while [ -n "${d_list%"$nl"}" ]; do
		d_line=${d_list%%"$nl"*} d_list=${d_list#*"$nl"}
		d_value=${d_line#*=}
		d_value=${d_value# }
		fact "postfix.default.${d_line%% *}" "${d_value:--}"
	done
}

# Whether the files that are asked for are there, and open to everybody.
tell_files() {
	i_list=${files-}
	while [ -n "$i_list" ]; do
		i_line=${i_list%%"$nl"*} i_list=${i_list#*"$nl"}
		i_file=${i_line#* } i_found=no
		[ ! -f "$i_file" ] || i_found=yes
		[ "$i_found" = no ] || [ -z "$(find "$i_file" -prune -perm -004 2>/dev/null)" ] || i_found=open
		fact "postfix.${i_line%% *}" "$i_found"
	done
}

# The number after all generations that are there or named.
find_next() {
	next=0
	[ "$live" = - ] || next=$live
	for g_folder in "$generations"/*; do
		! is_number "${g_folder##*/}" || [ "${g_folder##*/}" -le "$next" ] || next=${g_folder##*/}
	done
	next=$((next + 1))
}

# Who else writes main.cf, in `by`: a product by its name, or what the file's head says.
find_owner() {
	by=-
	if [ -e /usr/local/psa/version ]; then
		by=plesk
	elif [ -e /usr/bin/pmgconfig ]; then
		by=pmg
	elif [ -e /etc/NIXOS ]; then
		by=nixos
	elif [ -d /opt/zimbra/conf ]; then
		by=zimbra
	else
		case $config in
		/opt/postfix/conf) by=mailcow ;;
		/nix/*) by=nixos ;;
		*) by=$(head -n 20 "$config/main.cf" 2>/dev/null | LC_ALL=C tr -cd '\n\40-\176' |
			grep -iE '^#.*(managed by|ansible managed|maintained by|generated by|do not edit)' | grep -viF -m1 relayconf) ;;
		esac
	fi
	by=${by:--}
}

list_bundles() {
	say /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem \
		/etc/ssl/cert.pem /usr/local/share/certs/ca-root-nss.crt
}

tell_bundle() {
	for b_file in $(list_bundles) -; do
		[ ! -s "$b_file" ] || break
	done
	fact postfix.ca_bundle "$b_file"
}

# Whether Postfix can log in with PLAIN or LOGIN: the plug-ins are packages of their own.
tell_sasl() {
	s_found=unknown
	case "$nl$(postconf -c "$config" -A 2>/dev/null)$nl" in
	*"${nl}cyrus$nl"*) ;;
	*) fact postfix.sasl no && return 0 ;;
	esac
	for s_folder in /usr/lib/*/sasl2 /usr/lib64/sasl2 /usr/lib/sasl2 /usr/local/lib/sasl2; do
		[ -d "$s_folder" ] || continue
		[ "$s_found" = yes ] || s_found=no
		for s_file in "$s_folder"/libplain.* "$s_folder"/liblogin.*; do
			[ ! -e "$s_file" ] || s_found=yes
		done
	done
	fact postfix.sasl "$s_found"
}

# How many messages wait, and the age in seconds of the oldest of the first thousand. A file's time does not tell: it is
# that of the next attempt.
tell_queue() {
	q_count=$(find "$queue/active" "$queue/deferred" -type f 2>/dev/null | wc -l)
	q_count=$((q_count)) q_oldest=
	[ "$q_count" = 0 ] || q_oldest=$(postqueue -c "$config" -j 2>/dev/null | head -n 1000 |
		sed -n 's/.*"arrival_time": *\([0-9]*\).*/\1/p' | sort -n | head -n 1)
	[ -z "$q_oldest" ] || q_oldest=$(($(date +%s) - q_oldest))
	fact postfix.queue "$q_count ${q_oldest:-0}"
}

# The text of the only table of the parameter $1, where that is a file of the admin's beside main.cf and none is ours yet,
# in `path`; else a place where nothing is.
find_theirs() {
	path=$generations/0/theirs may_lack=yes
	[ "$live" = - ] || return 0
	read_setting "$settings" "$1"
	case $value in
	*[!A-Za-z0-9_.:/-]* | */../* | *:"$generations"/*) return 0 ;;
	hash:/* | btree:/* | lmdb:/* | cdb:/* | dbm:/* | texthash:/*) value=${value#*:} ;;
	*) return 0 ;;
	esac
	case $value in
	"$named"/* | "$config"/*) [ ! -f "$value" ] || [ ! -r "$value" ] || path=$value ;;
	esac
}

mta_resolve() {
	may_lack=
	case $1 in
	postfix:main.cf | postfix:master.cf)
		path=$config/${1#postfix:}
		return 0
		;;
	relayconf:postfix-parameters)
		path=$state/postfix-parameters may_lack=yes
		return 0
		;;
	postfix:theirs/*)
		find_theirs "${1#postfix:theirs/}"
		return 0
		;;
	postfix:live/*)
		path=$generations/$live/${1##*/} may_lack=yes
		[ "$1" != "postfix:live/${1##*/}" ] || ! is_source "${1##*/}" || return 0
		;;
	*)
		if split_generation "$1"; then
			path=$generations/$number/$name may_lack=yes
			is_free && return 0
			reason="there is a generation $number already"
			return 1
		fi
		;;
	esac
	reason="$1 is no file that this script knows"
	return 1
}

# Whether the generation `number` is not there, or an empty directory.
is_free() {
	for f_file in "$generations/$number"/* "$generations/$number"/.[!.]*; do
		[ ! -e "$f_file" ] && [ ! -L "$f_file" ] || return 1
	done
}

mta_prepare() {
	split_generation "$1" || return 0
	if [ ! -d "$generations" ]; then
		try mkdir -m 755 "$generations" || {
			reason="$generations cannot be made: $why"
			return 1
		}
	fi
	if [ ! -e "$generations/.gitignore" ]; then
		why=$({ say '*' >"$generations/.gitignore" && chmod 644 "$generations/.gitignore"; } 2>&1) || {
			reason="$generations/.gitignore cannot be made: $why"
			return 1
		}
		extra=$extra$generations/.gitignore$nl
	fi
	[ -d "$generations/$number" ] || try mkdir -m 755 "$generations/$number" || {
		reason="$generations/$number cannot be made: $why"
		return 1
	}
	case $nl$extra in
	*"$nl$generations$nl"*) ;;
	*) extra=$extra$config$nl$generations$nl ;;
	esac
}

# Every program of Postfix waits two seconds for a main.cf that is younger than that (dict_load_file_xt in dict.c), lest
# it reads half a file. A file that is renamed into place never is half a file.
mta_dress() {
	[ "$1" = postfix:main.cf ] || return 0
	d_then=$(($(date +%s) - 3))
	d_then=$(TZ=UTC0 date -d "@$d_then" +%Y%m%d%H%M.%S 2>/dev/null || TZ=UTC0 date -r "$d_then" +%Y%m%d%H%M.%S)
	why=$(TZ=UTC0 touch -t "$d_then" "$2" 2>&1)
}

mta_validate() {
	case $1 in
	postfix:main.cf | postfix:master.cf)
		[ -n "$2" ] || {
			reason='Postfix cannot be without it'
			return 1
		}
		v_strange=$(tr -cd '\000' <"$2" | wc -c) || v_strange=1
		[ "$((v_strange))" = 0 ] || {
			reason='it contains a NUL byte'
			return 1
		}
		candidates=${candidates-}$c_phase$tab${1#postfix:}$tab$2$nl
		;;
	postfix:*/sasl_passwd)
		[ -z "$2" ] || [ "$m_mode" = 600 ] || {
			reason="with mode $m_mode others could read the passwords"
			return 1
		}
		;;
	esac
}

# Lines of a Postfix program, without what differs from one run to the next: in $1, to `normal`.
normalize() {
	normal=$nl z_list=$1$nl
	while [ -n "$z_list" ]; do
		z_line=${z_list%%"$nl"*} z_list=${z_list#*"$nl"}
		[ -n "$z_line" ] || continue
		z_line=${z_line#*: } z_line=${z_line#warning: }
		case $z_line in
		*"$work/trial"*) z_line=${z_line%%"$work/trial"*}$config${z_line#*"$work/trial"} ;;
		esac
		case $z_line in
		*', line '[0-9]*:*) z_line=${z_line%%", line "*}${z_line#*", line "*:} ;;
		esac
		normal=$normal$z_line$nl
	done
}

# The first line of $2 that is not in $1, in `why`; fails when there is none.
find_news() {
	normalize "$1"
	w_known=$normal
	normalize "$2"
	w_list=${normal#"$nl"}
	while [ -n "$w_list" ]; do
		why=${w_list%%"$nl"*} w_list=${w_list#*"$nl"}
		case $w_known in
		*"$nl$why$nl"*) ;;
		*) return 0 ;;
		esac
	done
	return 1
}

# Build the configuration directory $work/trial as it will be after the phase $1.
lay_trial() {
	rm -rf "$work/trial"
	try mkdir -m 700 "$work/trial" || return 1
	for t_file in "$config"/dynamicmaps.cf* "$config"/postfix-files* "$config"/postfix-script "$config"/post-install; do
		[ ! -e "$t_file" ] || try cp -R "$t_file" "$work/trial/" || return 1
	done
	t_main=$config/main.cf t_master=$config/master.cf t_list=$candidates
	while [ -n "$t_list" ]; do
		t_line=${t_list%%"$nl"*} t_list=${t_list#*"$nl"}
		[ "${t_line%%"$tab"*}" -le "$1" ] || continue
		case $t_line in
		*"${tab}main.cf$tab"*) t_main=${t_line##*"$tab"} ;;
		*) t_master=${t_line##*"$tab"} ;;
		esac
	done
	try cp "$t_main" "$work/trial/main.cf" && try cp "$t_master" "$work/trial/master.cf" &&
		try chmod 644 "$work/trial/main.cf" "$work/trial/master.cf" && mta_dress postfix:main.cf "$work/trial/main.cf"
}

# Let Postfix read the candidate of the phase $1. Warnings that the live configuration has too are not its fault.
try_phase() {
	lay_trial "$1" || {
		reason="the candidate cannot be laid out in $state: $why"
		return 1
	}
	y_warnings=$(postconf -c "$work/trial" -nx 2>&1 >/dev/null)
	y_status=$?
	! find_news "$live_warnings" "$y_warnings" && [ "$y_status" = 0 ] || {
		reason="Postfix refuses the new configuration: $why"
		return 1
	}
}

# All the phases' candidates, the last one closer: `postfix check`, its tables and its relays.
mta_try() {
	case " $1 " in
	*' postfix:main.cf '* | *' postfix:master.cf '*) ;;
	*) return 0 ;;
	esac
	[ -z "${tried-}" ] || return 0
	mark_log
	tried='' live_warnings=$(postconf -c "$config" -nx 2>&1 >/dev/null)
	y_list=$candidates
	while [ -n "$y_list" ]; do
		y_phase=${y_list%%"$tab"*} y_list=${y_list#*"$nl"}
		[ "$y_phase" != "$tried" ] || continue
		tried=$y_phase
		try_phase "$y_phase" || return 1
	done
	settings=$(postconf -c "$work/trial" -x relayhost relayconf_maps 2>/dev/null)
	read_setting "$settings" relayconf_maps
	wanted=$value
	try_check && try_tables && try_relays && try_routes
}

try_check() {
	y_warnings=$(postfix -c "$work/trial" check 2>&1)
	y_status=$?
	if [ "$y_status" != 0 ]; then
		why=$y_warnings
		one_line
		# With its log in a file, `postfix check` is silent; any other program says on stderr what it stumbles over.
		[ "$why" != 'no reason given' ] || why=$(postmap -c "$work/trial" -q x static:x 2>&1 >/dev/null)
		one_line
		reason="postfix check refuses the new configuration: $why"
		return 1
	fi
	[ -n "$y_warnings" ] || return 0
	live_warnings=$(postfix -c "$config" check 2>&1)
	find_news "$live_warnings" "$y_warnings" || return 0
	# On a busy host it stumbles over a queue file that is on its way; a fault of the configuration is there again.
	y_warnings=$(postfix -c "$work/trial" check 2>&1)
	! find_news "$live_warnings" "$y_warnings" || {
		reason="postfix check warns of the new configuration: $why"
		return 1
	}
}

# Open every table of the generation that the candidate names.
try_tables() {
	case $wanted in
	"$generations"/*) ;;
	*) return 0 ;;
	esac
	for y_file in "$wanted"/*; do
		y_name=${y_file##*/}
		is_source "$y_name" || continue
		y_type=$database
		[ "$y_name" != status_filter ] || y_type=regexp
		why=$(postmap -c "$config" -q relayconf "$y_type:$y_file" 2>&1 >/dev/null)
		! find_news "$(quiet_warnings)" "$why" || {
			reason="the table $y_file cannot be used: $why"
			return 1
		}
	done
}

# What postmap says of main.cf whatever it does.
quiet_warnings() {
	{ postmap -c "$config" -q relayconf static:relayconf >/dev/null; } 2>&1
}

# The relays `HOST :PORT` of nexthops in the lines of standard input, each once. What goes by MX has no brackets.
list_relays() {
	tr ',\t' '\n ' | sed -n 's/^ *\([A-Za-z0-9_.-]*:\)\{0,1\}\[\([^]]*\)\]\(:[^ ]*\)\{0,1\} *$/\2 \3/p' | sort -u
}

# The relays of the settings $1 and of the generation in the directory $2.
relays_of() {
	read_setting "$1" relayhost
	{ say "$value" && cat "$2/transport" "$2/senders" 2>/dev/null | sed '/^[[:space:]]*#/d; s/^[^[:space:]]*[[:space:]]*//'; } | list_relays
}

# The addresses of the host $1 in `addresses`, as this host sees them. Status 2: there is nothing that could tell.
look_up() {
	addresses=
	case $1 in
	*:* | *[!0-9.]*) ;;
	*) addresses=$1 && return 0 ;;
	esac
	case $1 in
	[Ii][Pp][Vv]6:*) addresses=${1#*:} && return 0 ;;
	*:*) addresses=$1 && return 0 ;;
	esac
	if command -v getent >/dev/null 2>&1; then
		addresses=$(getent ahosts "$1" 2>/dev/null | while read -r l_address _; do say "$l_address"; done)
		[ -n "$addresses" ]
	elif command -v host >/dev/null 2>&1; then
		host "$1" >/dev/null 2>&1
	elif command -v nslookup >/dev/null 2>&1; then
		nslookup "$1" >/dev/null 2>&1
	else
		return 2
	fi || return 1
}

# Whether one of `addresses` is this host's own, and this Postfix listens on the port $1 there.
is_self() {
	[ -n "${own-}" ] || own=$({ ip -o addr show || ifconfig -a; } 2>/dev/null | tr '/\t' '  ' |
		sed -n 's/.*inet6\{0,1\} \([^ ]*\) .*/\1/p')
	o_mine=
	for o_address in $addresses; do
		case $o_address in
		127.* | ::1) o_mine=yes ;;
		esac
		case $nl$own$nl in
		*"$nl$o_address$nl"*) o_mine=yes ;;
		esac
	done
	[ -n "$o_mine" ] || return 1
	postconf -c "$work/trial" -M 2>/dev/null | while read -r o_name o_type _ _ _ _ _ o_program _; do
		[ "$o_type,$o_program" = inet,smtpd ] || continue
		o_port=${o_name##*:}
		case $o_port in
		smtp) o_port=25 ;;
		smtps | submissions) o_port=465 ;;
		submission) o_port=587 ;;
		esac
		[ "$o_port" != "$1" ] || say yes
	done | grep -q yes
}

# Every relay that is new must have an address here, which is not this host; one that is live already is only warned of.
try_relays() {
	u_list=$(relays_of "$settings" "$wanted")$nl
	settings=$(postconf -c "$config" -x relayhost 2>/dev/null)
	u_live=$nl$(relays_of "$settings" "$generations/$live")$nl
	while [ -n "${u_list%"$nl"}" ]; do
		u_line=${u_list%%"$nl"*} u_list=${u_list#*"$nl"}
		u_host=${u_line%% *} u_port=${u_line##*:}
		case $u_line in
		*' smtp' | *' :smtp' | *' ') u_port=25 ;;
		esac
		look_up "$u_host"
		case $?,$u_live in
		0,*)
			! is_self "$u_port" || {
				reason="the relay $u_host is this host itself, where Postfix listens on port $u_port"
				return 1
			}
			;;
		2,*) note "warning nothing here can tell whether the relay $u_host has an address" ;;
		1,*"$nl$u_line$nl"*) note "warning the relay $u_host, in use already, has no address here" ;;
		*)
			reason="the relay $u_host has no address here"
			return 1
			;;
		esac
	done
}

# A question for Postfix's own router: where does mail from $1 to $2 go? Names and values, each ended by a NUL, an empty name at
# the end.
ask_way() {
	printf 'request\000resolve\000sender\000%s\000address\000%s\000\000' "$1" "$2"
}

# The answer $1, a line for each name and value: `transport`, `nexthop`, and in `class` the flags.
read_way() {
	transport='' nexthop='' class='' o_list=$1$nl
	while [ -n "${o_list%"$nl"}" ]; do
		o_name=${o_list%%"$nl"*} o_list=${o_list#*"$nl"}
		o_value=${o_list%%"$nl"*} o_list=${o_list#*"$nl"}
		case $o_name in
		transport) transport=$o_value ;;
		nexthop) nexthop=$o_value ;;
		flags) class=$o_value ;;
		esac
	done
	is_count "$class" && [ -n "$transport" ]
}

# Ask a router of one's own, with the configuration directory $1, about mail from $2 to $3. Postfix need not run, and what is
# asked about need not be live.
ask_router() {
	read_way "$(ask_way "$2" "$3" | MAIL_CONFIG=$1 "$daemons/trivial-rewrite" -S -n rewrite 2>/dev/null | tr '\000' '\n')"
}

# Ask the router that works, which may know main.cf as it was, about mail from $1 to $2, where something here can talk to its
# socket. Since 3.6 it greets with a message of its own, and earlier ones do not.
ask_live_router() {
	[ "$running" = yes ] && command -v perl >/dev/null 2>&1 || return 1
	read_way "$(ask_way "$1" "$2" | perl -e 'use IO::Socket::UNIX; alarm 5; binmode STDIN; local $/;
		my $s = IO::Socket::UNIX->new($ARGV[0]) or exit 1; syswrite $s, scalar <STDIN>; my $all = "";
		while (sysread $s, $all, 4096, length $all) {
			$all =~ s/\Aprotocol\0[^\0]*\0\0//;
			last if $all =~ /\0flags\0[0-9]+\0\0\z/;
		}
		$all =~ tr/\0/\n/; print $all' "$queue/private/rewrite" 2>/dev/null)"
}

# Where mail from $1 to $2 goes, in `route`: `live` by the router that works, else `disk`, CLASS TRANSPORT NEXTHOP.
mta_route() {
	o_who=live
	ask_live_router "$1" "$2" || { o_who=disk && ask_router "$config" "$1" "$2"; } || return 1
	route="$o_who $class $transport $nexthop"
}

# Whether the candidate answers each line of `questions`, SENDER RECIPIENT TRANSPORT NEXTHOP.
try_questions() {
	k_list=${questions-}
	while [ -n "$k_list" ]; do
		k_line=${k_list%%"$nl"*} k_list=${k_list#*"$nl"}
		k_sender=${k_line%% *} k_line=${k_line#* }
		k_to=${k_line%% *} k_line=${k_line#* }
		ask_router "$work/trial" "$k_sender" "$k_to" && [ "$transport $nexthop" = "$k_line" ] || {
			k_line=${k_line%% *}:${k_line#* }
			reason="by the host's own router mail from <$k_sender> to $k_to goes to ${transport:-nowhere}:$nexthop, not to $k_line"
			return 1
		}
	done
}

# The first twenty domains of the host by its live configuration: those that stand there, and the keys of tables that can be
# listed. What is a pattern, or negated, is none.
find_own_domains() {
	set -- mydestination virtual_alias_domains virtual_mailbox_domains relay_domains
	d_list=$(postconf -c "$config" -hx "$@" 2>/dev/null | sed 's/[,[:blank:]]/ /g' | tr ' ' '\n' | while IFS= read -r d_word; do
		case $d_word in
		hash:/* | btree:/* | lmdb:/* | cdb:/* | dbm:/*)
			postmap -c "$config" -s "$d_word" 2>/dev/null | cut -f 1 | cut -d ' ' -f 1 | head -n 200
			;;
		*) say "$d_word" ;;
		esac
	done | grep '^[A-Za-z0-9_][A-Za-z0-9_.-]*$' | sort -u | head -n 20)$nl
}

# Whether the next hop $1 is a relay of the candidate: it has a policy for each.
is_relay() {
	[ -n "$1" ] && grep -Fq -e "$1 " -e "$1$tab" "$wanted/tls_policy" 2>/dev/null
}

# Mail for a domain that the host receives itself must not start to leave through a relay.
try_own_domains() {
	[ -f "$wanted/tls_policy" ] || return 0
	case " ${allowed-} " in *' own-domain '*) return 0 ;; esac
	read_setting "$(postconf -c "$config" -x relayhost 2>/dev/null)" relayhost
	k_relayhost=$value
	find_own_domains
	while [ -n "${d_list%"$nl"}" ]; do
		d_name=${d_list%%"$nl"*} d_list=${d_list#*"$nl"}
		ask_router "$config" '' "postmaster@$d_name" || continue
		k_before=$transport:$nexthop
		[ "$((class & 4096))" = 0 ] && [ "$nexthop" != "${k_relayhost:--}" ] || continue
		ask_router "$work/trial" '' "postmaster@$d_name" || continue
		[ "$transport:$nexthop" != "$k_before" ] && is_relay "$nexthop" || continue
		note 'crosses own-domain'
		reason="mail for $d_name, which this host receives itself, would leave by $transport:$nexthop (now $k_before)"
		return 1
	done
}

# The routes of the candidate by the router of the host, where it answers for the live configuration.
try_routes() {
	ask_router "$config" '' postmaster@localhost || {
		note "warning the host's own router could not be asked about the new routes"
		return 0
	}
	try_questions && try_own_domains
}

# Processes of master that work with what they read at their start, by pid and name. On Linux, one read and nothing more.
list_children() {
	children=
	if [ -r "/proc/$master/task/$master/children" ]; then
		IFS= read -r children <"/proc/$master/task/$master/children" || :
	else
		children=$(ps -A -o pid= -o ppid= | while read -r k_pid k_parent; do
			[ "$k_parent" != "$master" ] || say "$k_pid"
		done)
	fi
}

# Tell master; nothing may come between the rename and this, since every daemon that starts now reads the new main.cf.
hang_up() {
	find_master || {
		[ "$running" = no ] || [ -n "$restoring" ] || {
			reason='Postfix stopped running meanwhile'
			return 1
		}
		note 'warning Postfix does not run here: what was written takes effect when it starts'
		return 0
	}
	list_children
	kill -HUP "$master" || {
		reason="master, pid $master, could not be told"
		return 1
	}
	old=
	for h_pid in $children; do
		if [ -d /proc/self ]; then
			IFS= read -r h_name 2>/dev/null <"/proc/$h_pid/comm" || continue
		else
			h_name=$(ps -o comm= -p "$h_pid" 2>/dev/null) || continue
		fi
		case ${h_name##*/} in
		smtp | qmgr | oqmgr | nqmgr | trivial-rewrite)
			read_start "$h_pid"
			old="$old $h_pid:$start:${h_name##*/}"
			;;
		esac
	done
	wait_for_old
}

# Wait until those of `old` that choose a nexthop, or log in there, are gone. When another main.cf follows it must be so,
# or an old one could meet a relay whose password it does not know; the last one's tables hold all that it can meet.
wait_for_old() {
	h_bound=${bound:-60} h_must=yes
	case " $later " in
	*' postfix:main.cf '*) ;;
	*)
		[ -z "$restoring" ] || [ -n "$undoing" ] || return 0
		h_must=
		[ "$h_bound" -le 10 ] || h_bound=10
		;;
	esac
	h_left=$((h_bound * 10))
	while :; do
		h_list=$old old=
		for h_entry in $h_list; do
			h_pid=${h_entry%%:*} h_start=${h_entry#*:}
			if [ -d /proc/self ]; then
				read_start "$h_pid"
				[ "$start:" = "${h_start%%:*}:" ] && [ "$start" != 0 ] || continue
			else
				kill -0 "$h_pid" 2>/dev/null || continue
			fi
			old="$old $h_entry"
		done
		[ -n "$old" ] || return 0
		[ "$h_left" -gt 0 ] || break
		if sleep 0.1 2>/dev/null; then
			h_left=$((h_left - 1))
		else
			sleep 1
			h_left=$((h_left - 10))
		fi
	done
	reason="still at work with the configuration of before, $h_bound s after the reload:"
	for h_entry in $old; do
		reason="$reason ${h_entry##*:} (pid ${h_entry%%:*})"
	done
	[ -z "$h_must" ] || [ -n "$restoring" ] || {
		reason="$reason; nothing was switched, apply again when its delivery has ended"
		return 1
	}
	note "warning $reason"
}

# Compile the source `name` of the generation `number`. postmap gives a table the mode of its source from the first byte;
# what it says, it says with status 0.
compile() {
	a_file=$generations/$number/$name
	[ "$name" != status_filter ] && [ "$database" != texthash ] && [ -e "$a_file" ] || return 0
	why=$(postmap -c "$config" "$database:$a_file" 2>&1)
	a_status=$?
	! find_news "$(quiet_warnings)" "$why" && [ "$a_status" = 0 ] || {
		reason="$a_file cannot be compiled: $why"
		return 1
	}
	for a_table in "$a_file".*; do
		[ ! -e "$a_table" ] || extra=$extra$a_table$nl
	done
}

mta_activate() {
	case " $1 " in
	*' postfix:main.cf '* | *' postfix:master.cf '*)
		hang_up || return 1
		[ -z "${log-}" ] || log_live=$(size_of "$log")
		;;
	esac
	[ -z "$restoring" ] || return 0
	for a_path in $1; do
		! split_generation "$a_path" || compile || return 1
	done
}

mta_verify() {
	[ "$1" = postfix:main.cf ] || return 0
	settings=$(postconf -c "$config" -x relayconf_maps 2>/dev/null) || {
		reason='Postfix cannot read it'
		return 1
	}
	read_setting "$settings" relayconf_maps
	[ "$value" = "$wanted" ] || {
		reason="relayconf_maps is $value, not $wanted"
		return 1
	}
	[ "$running" = no ] || find_master || {
		reason='Postfix no longer runs'
		return 1
	}
}

# Where this Postfix logs to, in `log`, and how much stands there now. Empty where only a journal or another host has it.
# `logged` is how its own lines begin, others may be there too.
mark_log() {
	settings=$(postconf -c "$config" -x maillog_file syslog_name 2>/dev/null)
	read_setting "$settings" syslog_name
	logged="(^| )$(say "${value:-postfix}" | sed 's/[][\.*^$+?(){}|]/\\&/g')(/[^ ]*)?"
	read_setting "$settings" maillog_file
	for log in "$value" /var/log/mail.log /var/log/maillog /var/log/mail /var/log/syslog /var/log/messages ''; do
		[ ! -f "$log" ] || [ ! -r "$log" ] || break
	done
	[ -z "$log" ] || log_start=$(size_of "$log")
}

# What was logged since then that tells of a program that cannot work, in `seen`, unless it was told before, too.
look_for_failures() {
	seen='' l_start=$((log_start < 300000 ? 0 : log_start - 300000))
	l_new=$(tail -c "+$((log_start + 1))" "$log" | grep -E "$1" | head -n 50)
	while [ -n "$l_new" ]; do
		l_line=${l_new%%"$nl"*}
		l_text=${l_line#*]: }
		if ! tail -c "+$((l_start + 1))" "$log" | head -c "$((log_start - l_start))" | grep -qF "$l_text"; then
			seen=${l_line##*/}
			return 0
		fi
		[ "$l_new" != "$l_line" ] || break
		l_new=${l_new#*"$nl"}
	done
	return 1
}

# Two seconds at most for what is on its way: daemons start when there is mail for them.
mta_verdict() {
	verdict=unknown seen='no mail left meanwhile'
	case ${log--},$running in
	-,*) return 0 ;;
	,*) seen='Postfix logs to no file on this host' && return 0 ;;
	*,no) seen='Postfix does not run' && return 0 ;;
	esac
	v_left=20
	tail -c "+$((log_start + 1))" "$log" | grep -qE "$logged/qmgr\\[[0-9]+\\]: .*queue active" ||
		[ -n "$(find "$queue/active" -type f 2>/dev/null | head -n 1)" ] || v_left=1
	while :; do
		[ "$(size_of "$log")" -ge "$log_start" ] || {
			seen='the log was rotated meanwhile'
			return 0
		}
		if look_for_failures "$logged/(smtp|lmtp|qmgr|trivial-rewrite|cleanup|relayconf[^[ ]*)\\[[0-9]+\\]: (fatal|panic): "; then
			reason="Postfix cannot work with it: $seen"
			return 1
		fi
		if tail -c "+$((${log_live:-$log_start} + 1))" "$log" | grep -qE "$logged/(smtp|relayconf[^[ ]*)\\[[0-9]+\\]: .* status=sent "; then
			verdict=pass seen='mail left'
			return 0
		fi
		v_left=$((v_left - 1))
		[ "$v_left" -gt 0 ] && sleep 0.1 2>/dev/null || break
	done
	seen='no mail left meanwhile'
}

# Whether main.cf or master.cf names the generation $1.
is_named() {
	grep -qE "relayconf/$1([^0-9]|\$)" "$config/main.cf" "$config/master.cf"
}

# Take away what a generation that was never to be has beside its sources, and itself when nothing is left.
mta_undo() {
	split_generation "$1" && ! is_named "$number" || return 0
	rm -f "$generations/$number/$name".*
	is_free || return 0
	[ ! -d "$generations/$number" ] || try rmdir "$generations/$number" || {
		reason="$generations/$number cannot be removed: $why"
		return 1
	}
	for f_file in "$generations"/*; do
		[ ! -e "$f_file" ] || return 0
	done
	rm -f "$generations/.gitignore"
	rmdir "$generations" 2>/dev/null || :
}

# Whether the way back of a transaction leads to the generation $1.
is_kept() {
	grep -qsE "relayconf/$1([^0-9]|\$)" "$state"/txn/*/saved/*
}

# Of the generations keep the newest three, those of the last hour, and every one that is named: a process may have read
# main.cf and not have opened its tables yet.
mta_prune() {
	x_list=$(for x_folder in "$generations"/*; do
		! is_number "${x_folder##*/}" || say "${x_folder##*/}"
	done | sort -rn | tail -n +4)
	x_status=0
	for x_number in $x_list; do
		! is_named "$x_number" && ! is_kept "$x_number" && [ -n "$(find "$generations/$x_number" -prune -mmin +60 2>/dev/null)" ] || continue
		try rm -rf "$generations/$x_number" || {
			reason="$generations/$x_number cannot be removed: $why"
			x_status=1
		}
	done
	return "$x_status"
}

# A generation that was live stays when it is rolled back, since a process may just be opening its tables; it goes with age.
mta_keeps() {
	split_generation "$1"
}

mta_merges() {
	case $1 in
	postfix:main.cf | postfix:master.cf) ;;
	*) return 1 ;;
	esac
}

# What stands in the file $1 of the directory $2, a line `NAME = VALUE` each.
list_settings() {
	if [ "$1" = main.cf ]; then
		# What -c says is told as if it stood in the file.
		postconf -c "$2" -n 2>/dev/null | grep -v '^config_directory ='
	else
		postconf -c "$2" -M 2>/dev/null | sed 's,^\([^ ]*\)  *\([^ ]*\) .*,\1/\2 = &,'
	fi
}

has_setting() {
	case $nl$1$nl in
	*"$nl$2 ="*) ;;
	*) return 1 ;;
	esac
}

# Whether $1 and $2 have the same setting, or none, with the name $3.
is_same_setting() {
	has_setting "$1" "$3" || {
		! has_setting "$2" "$3"
		return
	}
	has_setting "$2" "$3" || return 1
	read_setting "$1" "$3"
	y_value=$value
	read_setting "$2" "$3"
	[ "$value" = "$y_value" ]
}

# Give the setting $1 of the live copy the value that it had before.
set_back() {
	case $y_file in
	main.cf) y_set=-e y_drop=-X ;;
	*) y_set=-Me y_drop=-MX ;;
	esac
	if has_setting "$y_base" "$1"; then
		read_setting "$y_base" "$1"
		try postconf -c "$work/trial/live" "$y_set" "$1=$value"
	else
		try postconf -c "$work/trial/live" "$y_drop" "$1"
	fi
}

# Have the trials' services refer to every parameter of ours: postconf tells of no others.
refer() {
	y_names=$(sed -n 's/^\(relayconf_[A-Za-z0-9_]*\)[[:space:]]*=.*/$\1/p' "$work"/trial/*/main.cf | tr -d '\n')
	[ -n "$y_names" ] || return 0
	for y_which in base new live; do
		say "${nl}relayconf-merge unix - - n - - smtp -o smtp_helo_name=$y_names" >>"$work/trial/$y_which/master.cf" || return 1
	done
}

# Take out of $4, an edited main.cf or master.cf, the parameters or services that differ between $2 and $3, and write what
# remains to $5. What somebody has changed since stays, and is named in `m_values`.
mta_merge() {
	mta_merges "$1" || return 1
	y_file=${1#postfix:}
	rm -rf "$work/trial"
	try mkdir "$work/trial" || return 1
	for y_which in base new live; do
		try mkdir "$work/trial/$y_which" && try cp "$config/main.cf" "$config/master.cf" "$work/trial/$y_which/" || return 1
	done
	try cp "$2" "$work/trial/base/$y_file" && try cp "$3" "$work/trial/new/$y_file" &&
		try cp "$4" "$work/trial/live/$y_file" || return 1
	[ "$y_file" = master.cf ] || refer || return 1
	y_base=$(list_settings "$y_file" "$work/trial/base") && y_new=$(list_settings "$y_file" "$work/trial/new") &&
		y_live=$(list_settings "$y_file" "$work/trial/live") || return 1
	y_list=$y_new$nl$y_base$nl y_done=$nl
	while [ -n "$y_list" ]; do
		y_name=${y_list%%"$nl"*} y_list=${y_list#*"$nl"}
		y_name=${y_name%%' ='*}
		case $y_done in
		*"$nl$y_name$nl"*) continue ;;
		esac
		y_done=$y_done$y_name$nl
		if is_same_setting "$y_base" "$y_new" "$y_name" || is_same_setting "$y_live" "$y_base" "$y_name"; then
			:
		elif is_same_setting "$y_live" "$y_new" "$y_name"; then
			set_back "$y_name" || return 1
		else
			m_values="$m_values $1:$y_name"
		fi
	done
	try cp "$work/trial/live/$y_file" "$5"
}

# What the trial sets, in main.cf and for services; $1 is how postconf is to show it.
show_trial() {
	postconf -c "$work/trial" "-n$1" 2>/dev/null
	postconf -c "$work/trial" "-P$1" 2>/dev/null
}

# Whether a value that somebody has changed names what would be gone: a parameter of ours, or a table.
try_left() {
	y_list=$(show_trial '')$nl
	while [ -n "${y_list%"$nl"}" ]; do
		y_line=${y_list%%"$nl"*} y_list=${y_list#*"$nl"}
		y_name=${y_line%% =*} y_line=${y_line#*=}
		while [ "$y_line" != "${y_line#*\$}" ]; do
			y_line=${y_line#*\$} y_line=${y_line#[\{(]}
			y_used=${y_line%%[!_A-Za-z0-9]*}
			case $y_used in
			relayconf_*) ;;
			*) continue ;;
			esac
			grep -q "^${y_used}[[:space:]]*=" "$work/trial/main.cf" || ! grep -q "^${y_used}[[:space:]]*=" "$config/main.cf" || {
				reason="$y_name would name $y_used, which would be gone"
				return 1
			}
		done
	done
	y_words=$(show_trial x | tr , ' ') y_gone=
	set -f
	for y_word in $y_words; do
		case $y_word in
		*:"$generations"/*) [ -e "/${y_word#*:/}" ] || y_gone=/${y_word#*:/} ;;
		esac
	done
	set +f
	[ -z "$y_gone" ] || {
		reason="the table $y_gone would be named, which is not there"
		return 1
	}
}

# Before a way back is taken: Postfix can read what it leads to, and the tables that it names are there. $1 has lines
# `PATH FILE`.
mta_try_back() {
	candidates='' wanted='' y_list=$1
	while [ -n "$y_list" ]; do
		y_line=${y_list%%"$nl"*} y_list=${y_list#*"$nl"}
		y_name=${y_line%% *}
		! mta_merges "$y_name" || candidates=${candidates}0$tab${y_name#postfix:}$tab${y_line#* }$nl
	done
	[ -n "$candidates" ] || return 0
	lay_trial 0 || {
		reason="the configuration of before cannot be laid out in $state: $why"
		return 1
	}
	settings=$(postconf -c "$work/trial" -x relayconf_maps 2>/dev/null) || {
		reason='Postfix cannot read the configuration of before'
		return 1
	}
	read_setting "$settings" relayconf_maps
	wanted=$value
	case $wanted in
	"$generations"/*) [ -d "$wanted" ] || {
		reason="the tables of before are gone: $wanted"
		return 1
	} ;;
	esac
	try_left && try_tables && warn_of_old
}

# Say of each relay that relayhost names again, and not now, when it has no address: mail for it would wait. The way back
# stays open.
warn_of_old() {
	settings=$(postconf -c "$config" -x relayhost 2>/dev/null)
	u_live=$nl$(relays_of "$settings" /dev/null)$nl
	settings=$(postconf -c "$work/trial" -x relayhost 2>/dev/null)
	u_list=$(relays_of "$settings" /dev/null)$nl
	while [ -n "${u_list%"$nl"}" ]; do
		u_line=${u_list%%"$nl"*} u_list=${u_list#*"$nl"}
		u_host=${u_line%% *} u_port=${u_line#* }
		case $u_live in
		*"$nl$u_line$nl"*) continue ;;
		esac
		look_up "$u_host"
		[ "$?" != 1 ] || note "warning the old relayhost [$u_host]$u_port, which comes back, has no address here"
	done
}

# Have everything that waits tried again (postqueue(1)); deferred mail is resolved anew at every attempt.
mta_flush() {
	try postqueue -c "$config" -f || {
		reason=$why
		return 1
	}
}

# What this Postfix has logged since then, into the file `log` or into the journal.
read_news() {
	{
		[ -z "$log" ] || tail -c "+$((log_start + 1))" "$log"
		[ -z "$cursor" ] || journalctl -q --no-pager -o short --after-cursor="$cursor" 2>/dev/null
	} | head -c 8000000 | grep -aE "$logged\\[[0-9]+\\]: "
}

# Where the journal ends now, in `cursor`; empty where there is none. What `maillog_file` names is all there is, but any
# other file may be what a syslog daemon of former times has left.
mark_journal() {
	cursor=
	[ -z "$log" ] || [ "$log" != "$value" ] || return 0
	command -v journalctl >/dev/null 2>&1 || return 0
	cursor=$(journalctl -q --no-pager -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p')
}

# Whether a message can be followed here: Postfix runs, and logs to where it can be read. If not, that is said.
can_follow() {
	mark_log
	mark_journal
	seen_in=${log:+the log $log}
	[ -z "$cursor" ] || seen_in="${seen_in:+$seen_in and }the journal"
	if [ "$running" = no ]; then
		unseen 'Postfix does not run'
	elif [ -z "$seen_in" ]; then
		unseen 'Postfix logs to no file and no journal on this host, so what becomes of a message is not seen here'
	else
		return 0
	fi
	return 1
}

# Where sendmail(1) of this Postfix is, in `sendmail`.
find_sendmail() {
	settings=$(postconf -c "$config" -x sendmail_path command_directory 2>/dev/null)
	read_setting "$settings" sendmail_path
	sendmail=$value
	[ -x "$sendmail" ] || {
		reason="sendmail_path is ${sendmail:-empty}, which is no program"
		return 1
	}
}

# The queue ids of those lines on standard input that tell of our message: what sendmail -bv made comes from this sender by
# way of pickup, what is sent has a Message-ID of its own.
find_ids() {
	if [ -n "$message" ]; then
		grep -aE '/cleanup\[[0-9]+\]: [0-9A-Za-z]+: message-id=' | grep -aF "message-id=<relayconf.$message@"
	else
		grep -aE '/pickup\[[0-9]+\]: [0-9A-Za-z]+: uid=[0-9]+ from=' | grep -aF "from=<$from>"
	fi | sed -n 's/^.*\]: \([0-9A-Za-z]\{1,40\}\): .*/\1/p'
}

# Wait for the line that tells what became of it, with a status in $1, and send that with all that the same process told.
trace_message() {
	v_tries=$((wait * 5))
	while :; do
		[ -z "$log" ] || [ "$(wc -c <"$log")" -ge "$log_start" ] || {
			unseen "the log $log was rotated meanwhile"
			return 0
		}
		v_news=$(read_news)
		v_id=
		for v_id in $(say "$v_news" | find_ids); do
			v_line=$(say "$v_news" | grep -aE "\\]: $v_id: to=<.*, status=($1) \\(" | tail -n 1)
			[ -z "$v_line" ] || {
				tell_message
				return 0
			}
		done
		[ "$v_tries" -gt 0 ] || break
		v_tries=$((v_tries - 1))
		sleep 0.2 2>/dev/null || {
			sleep 1
			v_tries=$((v_tries - 4))
		}
	done
	[ -z "$v_id" ] || say "queued $v_id"
	unseen "$seen_in does not tell within $wait s what became of it"
}

tell_message() {
	say "queued $v_id"
	v_process=${v_line%%"]: $v_id: "*}
	v_process=${v_process##*/}
	say "$v_news" | grep -aF "/$v_process]: " | grep -avE '\]: [0-9A-Za-z]+: (to|host)' | tail -n 20 | sed 's/^/log /'
	say "log $v_line"
}

# Take the report of a test, which Postfix mails to its sender, out of the queue: where the relay takes nothing it would wait
# there for days. The log may hold lines of anybody, so the report itself must tell of our message.
drop_report() {
	v_tries=10 v_report=
	while [ -z "$v_report" ] && [ "$v_tries" -gt 0 ]; do
		v_report=$(read_news | sed -n "s/^.*\\]: $v_id: sender delivery status notification: \\([0-9A-Za-z]\\{1,40\\}\\)\$/\\1/p" | tail -n 1)
		v_tries=$((v_tries - 1))
		[ -n "$v_report" ] || sleep 0.1 2>/dev/null || v_tries=0
	done
	[ -n "$v_report" ] && postcat -c "$config" -q "$v_report" 2>/dev/null | grep -aqx "X-Postfix-Queue-ID: $v_id" || return 0
	postsuper -c "$config" -d "$v_report" >/dev/null 2>&1 || :
}

# Asked by -bv, Postfix connects, logs in, names sender and recipient, and stops there (sendmail(1)).
mta_probe() {
	can_follow || return 0
	find_sendmail || return 1
	try "$sendmail" -C "$config" -bv -f "$from" -- "$to" || {
		reason="sendmail -bv: $why"
		return 1
	}
	trace_message 'deliverable|undeliverable'
	[ -z "${v_line-}" ] || drop_report
}

mta_send() {
	can_follow || return 0
	find_sendmail || return 1
	write_message >"$work/message"
	why=$("$sendmail" -C "$config" -i -f "$from" -- "$to" <"$work/message" 2>&1) || {
		one_line
		reason="sendmail: $why"
		return 1
	}
	trace_message 'sent|bounced|deferred|expired|SOFTBOUNCE'
}
