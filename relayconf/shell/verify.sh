# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# Ask the MTA itself whether mail leaves by a relay: a test that delivers nothing, or one real message.

# Whether $1 is an address that no program takes for anything else. Only what is seen in practice is let through.
is_address() {
	[ "${#1}" -le 320 ] || return 1
	case $1 in
	-* | @* | *@*@* | *@ | *[!0-9A-Za-z.!#\$%\&\'*+/=?^_\`{}~@-]*) return 1 ;;
	*@*) return 0 ;;
	*) return 1 ;;
	esac
}

read_request() {
	state='' from='' to='' domain='' message='' wait=''
	while IFS= read -r q_line; do
		q_rest=${q_line#* }
		case $q_line in
		end)
			check_place && check_words
			return
			;;
		'state '* | 'parameter '*) take_place "$q_line" ;;
		'from '*) from=$q_rest ;;
		'to '*) to=$q_rest ;;
		'domain '*) domain=$q_rest ;;
		'message '*) message=$q_rest ;;
		'wait '*) wait=$q_rest ;;
		esac
	done
	reason='the request was cut'
	return 1
}

check_words() {
	reason='the request holds what is no address'
	is_address "$from" && is_address "$to" || return 1
	reason='the request holds what is no domain'
	case $domain in
	-* | *[!0-9A-Za-z._-]*) return 1 ;;
	esac
	reason='the request holds no name of a message'
	case $message in
	*[!0-9a-f]*) return 1 ;;
	esac
	reason='the request does not say how long to wait'
	is_count "$wait" && [ "$wait" -gt 0 ] && [ "$wait" -le 600 ]
}

# A new folder for what a test needs, in `work`: mkdir(1) makes none where anything stands already.
make_work() {
	read_start $$
	work=/tmp/relayconf.$$.$start
	try mkdir "$work" || {
		reason="no folder for the test can be made: $why"
		return 1
	}
}

# Why nothing can be said about it.
unseen() {
	say "unseen $*"
}

# The real message: nothing in it but what is asked for. Its Message-ID is how it is found again.
write_message() {
	say "From: <$from>"
	say "To: <$to>"
	say 'Subject: a test of the way that mail takes'
	say "Date: $(date -u '+%a, %d %b %Y %H:%M:%S +0000')"
	say "Message-ID: <relayconf.$message@${from##*@}>"
	say 'Auto-Submitted: auto-generated'
	say ''
	say 'relayconf verify --send was asked to send this message.'
}

finish() {
	[ -z "${work-}" ] || rm -rf "$work"
	[ "$1" = 0 ] || say "error $reason"
	say "end $1"
	exit "$1"
}

main() {
	prepare
	read_request || finish 10
	exec </dev/null
	need date grep head mkdir rm sed sleep tail tr wc || finish 10
	transaction=verify
	mta_facts || finish 10
	make_work || finish 10
	if [ -n "$message" ]; then
		mta_send || finish 10
	else
		mta_probe || finish 10
	fi
	finish 0
}
