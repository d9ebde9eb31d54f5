# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# Look and change nothing. The request on standard input names the files; docs/wire.md describes both sides.

# Add the line `PATH HASH` to what is watched: HASH is known to the caller, so that the content need not travel.
read_request() {
	state='' watched='' questions=''
	while IFS= read -r q_line; do
		q_rest=${q_line#* }
		case $q_line in
		end)
			check_place
			return
			;;
		'state '* | 'parameter '*) take_place "$q_line" ;;
		'watch '*) watched=$watched$q_rest$nl ;;
		'ask '*) questions=$questions$q_rest$nl ;;
		esac
	done
	reason='the request was cut'
	return 1
}

# The lock's owner, then what was applied.
look_at_state() {
	say "$(readlink "$state/lock" 2>/dev/null)"
	cat "$state/applied" 2>/dev/null
}

# Whether no transaction began or ended since `state_facts`: such a picture would show half of it.
is_same_state() {
	case $state_is in
	ready) [ "$(look_at_state)" = "$s_seen" ] ;;
	absent) [ ! -e "$state" ] ;;
	esac
}

state_facts() {
	check_state || fact state.reason "$reason"
	fact state.directory "$state_is"
	[ "$state_is" = ready ] || return 0
	s_seen=$(look_at_state)
	s_owner=${s_seen%%"$nl"*}
	if [ -n "$s_owner" ]; then
		if alive "$s_owner"; then
			fact state.busy "${s_owner##*:}"
		else
			fact state.unfinished "${s_owner##*:}"
		fi
	fi
	for s_folder in "$state"/txn/*; do
		read_window "$s_folder" || continue
		fact state.unconfirmed "${s_folder##*/} $window"
		break
	done
	[ -r "$state/applied" ] || return 0
	while IFS=$tab read -r s_path s_digest s_transaction s_time; do
		fact "applied.$s_path" "$s_digest $s_transaction $s_time"
	done <"$state/applied"
}

# Where the MTA's own router sends what each line of `questions`, SENDER RECIPIENT, tells of: facts, numbered from 1, none
# where it does not answer.
route_facts() {
	r_number=0 route=
	while [ -n "$questions" ]; do
		r_line=${questions%%"$nl"*} questions=${questions#*"$nl"} r_number=$((r_number + 1))
		! mta_route "${r_line%% *}" "${r_line#* }" || fact "route.$r_number" "$route"
	done
}

# Say what is absent or unusable, and collect what is there: `present` has a line `PATH HASH TARGET` each.
sort_out() {
	present=
	while [ -n "$watched" ]; do
		o_line=${watched%%"$nl"*} watched=${watched#*"$nl"}
		o_path=${o_line%% *}
		if ! mta_resolve "$o_path" || ! resolve "$path"; then
			say "bad $o_path $reason"
		elif [ ! -e "$target" ]; then
			say "absent $o_path $target"
		elif [ ! -r "$target" ]; then
			say "bad $o_path $target cannot be read by uid $uid"
		else
			present=$present$o_line\ $target$nl
		fi
	done
}

# Describe the files "$@", which are those of `present` in the same order; `wanted` gets the targets to send.
describe() {
	d_metadata=$(metadata "$@" 2>/dev/null)$nl && d_digests=$(digests "$@" 2>/dev/null)$nl || {
		reason='a file vanished while it was looked at'
		return 1
	}
	wanted='' sent=''
	for d_target in "$@"; do
		d_line=${present%%"$nl"*} present=${present#*"$nl"}
		split_metadata "${d_metadata%%"$nl"*}"
		d_metadata=${d_metadata#*"$nl"}
		d_digest=${d_digests%%"$nl"*} d_digests=${d_digests#*"$nl"}
		d_digest=${d_digest%% *} d_digest=${d_digest#\\}
		d_path=${d_line%% *} d_known=${d_line#* }
		d_frozen=free
		case $nl$ice$nl in
		*"$nl$d_target$nl"* | *"$nl${d_target%/*}$nl"*) d_frozen=frozen ;;
		esac
		d_fields=$d_digest$tab$m_size$tab$m_mode$tab$m_owner$tab$m_group$tab$d_frozen$tab$d_target
		say "present $d_path $d_fields"
		[ "${d_known%% *}" = "$d_digest" ] || sent="$sent $d_path" wanted=$wanted$d_target$nl
	done
}

# The files of "$@" that may be neither replaced nor removed, and those of their directories that are so themselves.
frozen_places() {
	for f_file; do
		set -- "$@" "${f_file%/*}"
	done
	frozen "$@"
}

send_files() {
	set --
	s_list=$present
	while [ -n "$s_list" ]; do
		s_line=${s_list%%"$nl"*} s_list=${s_list#*"$nl"}
		s_line=${s_line#* }
		set -- "$@" "${s_line#* }"
	done
	[ $# -gt 0 ] || return 0
	ice=$(frozen_places "$@")
	describe "$@" || return 1
	is_same_state || {
		reason='another deploy began or ended while this host was looked at'
		return 1
	}
	[ -n "$wanted" ] || return 0
	need cat gzip || finish 10
	set --
	while [ -n "$wanted" ]; do
		set -- "$@" "${wanted%%"$nl"*}"
		wanted=${wanted#*"$nl"}
	done
	say "contents$sent"
	cat "$@" | gzip -1c
}

finish() {
	[ "$1" = 0 ] || say "error $reason"
	say "end $1"
	exit "$1"
}

main() {
	prepare
	read_request || finish 10
	exec </dev/null
	fact host.system "$system"
	fact host.uid "$uid"
	need id readlink stat || finish 10
	state_facts
	mta_facts || finish 10
	route_facts
	sort_out
	send_files || finish 11
	finish 0
}
