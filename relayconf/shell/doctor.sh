# shellcheck shell=sh disable=SC2015,SC2016,SC2034,SC2154  # `a && b || c` is meant; other shells and perl read what is quoted
# Probe the network from this host and change nothing. Every probe runs beside the others, is bounded in time, and says
# what it saw in one line; what that means is decided elsewhere (docs/wire.md).

# A connection as bash makes it: `open`, the greeting, the answer to EHLO; else the reason on stderr.
tcp_by_bash='exec 3<>"/dev/tcp/$1/$2" || exit 9; echo open
hear() { n=0; while [ $n -lt 40 ] && IFS= read -r -t "$t" -u 3 l; do printf "%s\n" "$l"; n=$((n+1)); case $l in
[0-9][0-9][0-9]-*) ;; *) return 0 ;; esac; done; return 1; }
t=$4; hear && { printf "EHLO %s\r\n" "$3" >&3; hear; printf "QUIT\r\n" >&3; }; exit 0'

# The same by perl, which has its own clock.
tcp_by_perl='use Socket qw(:all); my($h,$p,$n,$t,$q)=@ARGV; my $o=0; $|=1;
$SIG{ALRM}=sub{print "timed out\n" unless $o; exit 0}; $SIG{PIPE}="IGNORE"; alarm $t;
my($e,@a)=getaddrinfo($h,$p,{socktype=>SOCK_STREAM}); if($e){print "$e\n"; exit 9}
my $s; socket($s,$a[0]{family},SOCK_STREAM,0) && connect($s,$a[0]{addr}) or do{print "$!\n"; exit 9};
print "open\n"; $o=1; alarm $q;
sub hear{my $n=0; while($n++<40&&defined(my $l=<$s>)){print $l; return 1 unless $l=~/^[0-9]{3}-/} 0}
hear() && do{syswrite $s,"EHLO $n\r\n"; hear(); syswrite $s,"QUIT\r\n"}'

# One datagram to $1 port $2 with the bytes $3, in hexadecimal; so is what comes back.
udp_by_bash='exec 3<>"/dev/udp/$1/$2" || exit 9; h=; x=$3; while [ -n "$x" ]; do h="$h\\x${x:0:2}"; x=${x:2}; done
printf "$h" | dd obs=4096 2>/dev/null >&3; timeout "$4" dd bs=4096 count=1 <&3 2>/dev/null | od -An -v -tx1 | tr -d " \n"'

udp_by_perl='use Socket qw(:all); my($h,$p,$x,$t)=@ARGV; $SIG{ALRM}=sub{exit 0}; alarm $t;
my($e,@a)=getaddrinfo($h,$p,{socktype=>SOCK_DGRAM,flags=>AI_NUMERICHOST}); exit 9 if $e;
my $s; socket($s,$a[0]{family},SOCK_DGRAM,0) && connect($s,$a[0]{addr}) && send($s,pack("H*",$x),0) or exit 9;
my $r; defined recv($s,$r,4096,0) and print unpack("H*",$r)'

read_request() {
	tools='' mta='' jobs='' servers='' seconds=10 helo=localhost
	while IFS= read -r q_line; do
		q_rest=${q_line#* }
		case $q_line in
		end) return ;;
		'tools '*) tools=$q_rest ;;
		'mta '*) mta=$q_rest ;;
		'server '*) servers="$servers $q_rest" ;;
		'seconds '*) seconds=$q_rest ;;
		'helo '*) helo=$q_rest ;;
		'tcp '* | 'dns '* | 'name '*) jobs=$jobs$q_line$nl ;;
		esac
	done
	reason='the request was cut'
	return 1
}

has() {
	command -v "$1" >/dev/null 2>&1
}

bounded() {
	if has timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# The first of the tools asked for that is here, with what it needs beside it.
find_tool() {
	tool=none
	for t_name in $tools; do
		has "$t_name" || continue
		[ "$t_name" != bash ] || { has timeout && has dd && has od; } || continue
		tool=$t_name
		break
	done
	# Many of busybox know no -v, and say without it why a connection fails; the others need it for that.
	verbose=-v
	[ "$tool" != nc ] || case $(nc -h 2>&1) in *BusyBox*) verbose='' ;; esac
	fact probe.tool "$tool"
}

find_servers() {
	[ -z "$servers" ] || return 0
	while read -r f_word f_address _; do
		[ "$f_word" != nameserver ] || servers="$servers $f_address#53"
	done </etc/resolv.conf 2>/dev/null
}

# What the MTA calls itself in HELO, and how much waits: `postfix CONFIG` or `qmail HOME CONTROL`, separated by tabs.
tell_mta() {
	m_kind=${mta%%"$tab"*} m_rest=${mta#*"$tab"}
	m_name=''
	case $m_kind in
	postfix)
		m_name=$(postconf -c "$m_rest" -x -h smtp_helo_name 2>/dev/null)
		case $m_name in
		'' | *\$*) m_name=$(postconf -c "$m_rest" -h myhostname 2>/dev/null) ;;
		esac
		;;
	qmail)
		m_home=${m_rest%%"$tab"*} m_control=${m_rest#*"$tab"}
		for m_file in helohost me; do
			[ -n "$m_name" ] || IFS= read -r m_name 2>/dev/null <"$m_control/$m_file" || :
		done
		[ ! -r "$m_home/queue/info" ] || [ ! -x "$m_home/queue/info" ] ||
			fact probe.queue "$(find "$m_home/queue/info" -type f 2>/dev/null | wc -l | tr -d ' ')"
		;;
	esac
	[ -z "$m_name" ] || fact probe.helo "$m_name"
}

# The address that packets to the world leave from; behind NAT it is not the one that the world sees.
tell_source() {
	for s_far in 198.51.100.1 2001:db8::1; do
		s_from=$(ip -o route get "$s_far" 2>/dev/null | sed -n 's/.* src \([0-9A-Fa-f.:]*\).*/\1/p')
		[ -z "$s_from" ] || fact "probe.source.${s_far%%[.:]*}" "$s_from"
	done
}

# One IPv4 and one IPv6 address of the name $1, or the name itself: then the tool says why it has none.
addresses_of() {
	a_four='' a_six=''
	case $1 in
	*[!0-9.]*) ;;
	*) say "$1" && return ;;
	esac
	a_all=$(bounded getent ahosts "$1" 2>/dev/null)
	while [ -n "$a_all" ]; do
		a_line=${a_all%%"$nl"*}
		case $a_line in
		*:*STREAM*) a_six=${a_six:-${a_line%% *}} ;;
		*STREAM*) a_four=${a_four:-${a_line%% *}} ;;
		esac
		[ "$a_all" != "$a_line" ] || break
		a_all=${a_all#*"$nl"}
	done
	[ -n "$a_four$a_six" ] || a_four=$1
	say "$a_four $a_six"
}

# Where TLS begins at once nobody greets, so that little is waited for.
attempt() {
	e_patience=$seconds
	case $2 in 465 | 2465) e_patience=1 ;; esac
	case $tool in
	bash) timeout "$seconds" bash -c "$tcp_by_bash" doctor "$1" "$2" "$helo" "$e_patience" ;;
	perl) perl -e "$tcp_by_perl" "$1" "$2" "$helo" "$seconds" "$e_patience" ;;
	nc) { sleep 2 && printf 'EHLO %s\r\n' "$helo" && sleep 2 && printf 'QUIT\r\n' && sleep 1; } 2>/dev/null |
		nc ${verbose:+"$verbose"} -w "$seconds" "$1" "$2" ;;
	esac 2>&1
	say "exit $?"
}

probe() {
	p_said=$(attempt "$2" "$3" | tr -d '\000-\010\013-\037\177-\377' | tr '\t' ' ' | cut -c 1-300 | head -n 50 | tr '\n' '\t')
	say "tcp $1 $2$tab$p_said"
}

query() {
	case $tool in
	bash) timeout "$seconds" bash -c "$udp_by_bash" doctor "$1" "$2" "$3" 3 ;;
	perl) perl -e "$udp_by_perl" "$1" "$2" "$3" 3 ;;
	esac 2>/dev/null
}

# Each server twice, as resolvers do.
ask() {
	for k_server in $servers $servers; do
		k_answer=$(query "${k_server%#*}" "${k_server##*#}" "$2")
		[ -z "$k_answer" ] || break
	done
	say "dns $1 ${k_answer:--}"
}

resolve_name() {
	say "name $1 $(bounded getent ahostsv4 "$2." 2>/dev/null | sed -n 's/ *STREAM.*//p' | tr '\n' ' ')"
}

# Names are looked up beside each other too: a resolver that is gone takes its time for each.
knock() {
	for n_address in $(addresses_of "$2"); do
		probe "$1" "$n_address" "$3" &
	done
	wait
}

begin() {
	b_kind=${1%% *} b_rest=${1#* }
	b_number=${b_rest%% *} b_rest=${b_rest#* }
	case $b_kind in
	tcp) knock "$b_number" "${b_rest% *}" "${b_rest##* }" & ;;
	dns) ask "$b_number" "$b_rest" & ;;
	name) resolve_name "$b_number" "$b_rest" & ;;
	esac
}

main() {
	prepare
	if ! read_request; then
		say "error $reason"
		say 'end 1'
		return
	fi
	find_tool
	find_servers
	fact probe.clock "$(date +%s)"
	for o_server in $servers; do say "server $o_server"; done
	[ -z "$mta" ] || tell_mta
	tell_source
	while [ -n "$jobs" ]; do
		begin "${jobs%%"$nl"*}"
		jobs=${jobs#*"$nl"}
	done
	wait
	say 'end 0'
}
