# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# What is done to transactions that were made before: told, recovered, rolled back, confirmed. Comes with a request on
# standard input, or stays on the host as `undo`, where the request stands in front of the arguments.

take_line() {
	q_rest=${1#* }
	case $1 in
	'state '* | 'parameter '*) take_place "$1" ;;
	'action '*) action=$q_rest ;;
	'to '*) to=$q_rest ;;
	'expect '*) expect=$q_rest ;;
	esac
}

read_request() {
	state='' action='' to='' expect='' by_hand=
	if [ $# -gt 0 ]; then
		read_arguments "$@"
		return
	fi
	while IFS= read -r q_line; do
		[ "$q_line" != end ] || {
			check_place
			return
		}
		take_line "$q_line"
	done
	reason='the request was cut'
	return 1
}

read_arguments() {
	by_hand=yes action=rollback
	while [ "$1" != -- ]; do
		take_line "$1"
		shift
	done
	shift
	case $#,${1-} in
	0,) ;;
	1,--list) action=history ;;
	1,--recover) action=recover ;;
	2,--to) to=$2 ;;
	2,--watch) action=watch expect=$2 ;;
	*)
		reason='usage: sh undo [--list | --recover | --to TRANSACTION]'
		return 1
		;;
	esac
}

decline() {
	note "failed ${action:-undo} $reason"
	finish 10
}

# How the transaction in `work` stands, in `stands`, with what there is to say in `ended_note`.
read_standing() {
	read_end "$work"
	stands=${ended:-unfinished}
	if [ "$at_work" = "${work##*/}" ]; then
		stands=unfinished
		! alive "$l_owner" || ended_note='at work'
	elif read_window "$work"; then
		stands=unconfirmed ended_note=$window
	fi
}

tell_file() {
	case $c_base,$h_sha in
	-,-) return 0 ;;
	-,*) h_kind=create ;;
	*,-) h_kind=delete ;;
	*) h_kind=update ;;
	esac
	note "file ${work##*/}$tab$h_kind$tab$c_path$tab$c_target"
}

# The last wish for the file of the current change, in `h_sha`.
tell_change() {
	h_list=$changes h_line=$e_line
	while [ -n "$h_list" ]; do
		split_change "${h_list%%"$nl"*}"
		h_list=${h_list#*"$nl"}
		[ "$c_path" != "$h_path" ] || h_sha=$c_sha
	done
}

tell_first() {
	h_path=$c_path h_sha=$c_sha h_line=$e_line
	tell_change
	split_change "$h_line"
	tell_file
}

tell_history() {
	at_work=
	l_owner=$(readlink "$state/lock" 2>/dev/null) && at_work=${l_owner##*:}
	list_transactions
	h_all=$transactions
	while [ -n "$h_all" ]; do
		work=$state/txn/${h_all%%"$nl"*} h_all=${h_all#*"$nl"}
		read_standing
		note "transaction ${work##*/}$tab$stands$tab${ended_at:--}$tab$ended_note"
		load_journal
		find_first
		reversed "$first"
		each tell_first "$backwards"
	done
	work=
}

# The transactions that stand, newest first, in `applied`.
list_applied() {
	list_transactions
	applied=
	while [ -n "$transactions" ]; do
		read_end "$state/txn/${transactions%%"$nl"*}"
		[ "$ended" != applied ] || applied=${transactions%%"$nl"*}$nl$applied
		transactions=${transactions#*"$nl"}
	done
}

# Whether `digest` is what any change of the current file began with: then somebody has put it back already.
is_some_base() {
	i_list=$changes
	while [ -n "$i_list" ]; do
		i_line=${i_list%%"$nl"*} i_list=${i_list#*"$nl"}
		case $i_line in
		*"$tab$c_path$tab$digest$tab"*) return 0 ;;
		esac
	done
	return 1
}

# Look at the file of the current change, its last: `strangers` are those that are no longer what the transaction left.
compare_one() {
	if [ -n "$(frozen "$c_folder" "$c_target")" ]; then
		reason="$c_target, or its directory, is immutable (chattr)"
		return 1
	fi
	[ ! -L "$c_target" ] && read_digest "$c_target" || digest=unreadable
	if [ "$digest" = "$c_sha" ] || is_some_base; then
		ours=$ours$c_path$nl
	else
		strangers="$strangers $c_path"
	fi
}

find_left() {
	[ "$c_path" != "$m_path" ] || m_live=$c_target m_new=$work/left/$c_index
}

join_change() {
	c_line=$c_index$tab$c_phase$tab$c_path$tab$c_base$tab$c_base_mode$tab$c_base_owner$tab$c_base_group$tab$c_offset
	c_line=$c_line$tab$c_size$tab$c_sha$tab$c_mode$tab$c_owner$tab$c_group$tab$c_target
}

# Take the current change out of the edited file `m_live`: what remains is the base that it will be put back to.
merge_step() {
	[ "$c_path" = "$m_path" ] || return 0
	read_digest "$m_live" && c_sha=$digest &&
		mta_merge "$c_path" "$work/saved/$c_index" "$m_new" "$m_live" "$work/merged/$c_index" || return 1
	m_new=$work/saved/$c_index m_live=$work/merged/$c_index
	read_digest "$m_live" && c_base=$digest || return 1
	join_change
	m_lines=$m_lines$c_line$nl
}

rewrite_one() {
	case $nl$rewritten in
	*"$nl$c_index$tab"*)
		w_line=${rewritten#*"$nl$c_index$tab"}
		rebased=$rebased$c_index$tab${w_line%%"$nl"*}$nl
		;;
	*) rebased=$rebased$e_line$nl ;;
	esac
}

# A file of which only parts are ours may have been edited elsewhere: its changes are rewritten to lead from it as it is
# to it without our parts. What the MTA cannot take apart stays among the `strangers`.
merge() {
	rewritten=$nl merged_values='' m_all=$strangers strangers=
	reversed "$changes"
	try mkdir "$work/merged" || {
		reason="$work/merged cannot be made: $why"
		return 1
	}
	for m_path in $m_all; do
		m_lines='' m_values='' m_new=
		each find_left "$latest"
		if [ -e "$m_new" ] && [ ! -L "$m_live" ] && each merge_step "$backwards"; then
			rewritten=$rewritten$m_lines merged_values=$merged_values$m_values ours=$ours$m_path$nl
		else
			strangers="$strangers $m_path"
		fi
	done
	[ "$rewritten" != "$nl" ] || return 0
	rebased=
	each rewrite_one "$changes"
	changes=$rebased
	set -- "$work"/merged/*
	say "$random$nl${changes%"$nl"}" >"$work/manifest.merged" && flush "$@" "$work/merged" "$work/manifest.merged" || {
		reason="the way back cannot be written in $state (is the disk full?)"
		return 1
	}
}

lay_one() {
	[ "$c_base" != - ] || return 0
	case " $strangers " in
	*" $c_path "*) return 0 ;;
	esac
	lay_copy || {
		reason="$c_back cannot be made: $why"
		return 1
	}
}

# Get everything ready that undoing the transaction in `work` needs, and change nothing.
prepare_roll_back() {
	rm -rf "$work/merged" "$work/manifest.merged"
	load_journal
	find_latest
	strangers='' ours='' merged_values=
	each compare_one "$latest" || return 1
	[ -z "$strangers" ] || merge || return 1
	# What was not confirmed in time is over nevertheless: nothing else could end it.
	[ -n "$ours" ] || [ -e "$work/confirm" ] || {
		reason="all that it had written was changed by somebody since:$strangers"
		return 1
	}
	look_back && each lay_one "$changes" && flush_places "$work/journal"
}

# Undo the applied transaction $1, whose name the lock has from here on.
roll_back() {
	work=$state/txn/$1
	name_lock "$1" || return 1
	prepare_roll_back || {
		each forget_one "$changes"
		rm -rf "$work/merged" "$work/manifest.merged" "$work/trial"
		reason="transaction $1 cannot be undone: $reason"
		return 1
	}
	say rollback >>"$work/journal" && flush "$work/journal" || {
		each forget_one "$changes"
		reason="the journal of $1 cannot be written (is the disk full?)"
		return 1
	}
	complete_roll_back || {
		note "recovering $1"
		note "failed rollback transaction $1 could not be put back whole"
		note_broken
		finish 13
	}
	[ -z "$left$merged_values" ] || note "left $1$left$merged_values"
}

# Roll back what was not confirmed in its time.
expire() {
	for u_folder in "$state"/txn/*; do
		read_window "$u_folder" || continue
		case $window in
		overdue | rebooted)
			u_window=$window
			note "recovering ${u_folder##*/}"
			roll_back "${u_folder##*/}" || return 1
			note "recovered ${u_folder##*/} $u_window"
			;;
		esac
	done
}

# Take the lock, and put right what its last owner left.
take_over() {
	acquire || return 1
	if [ -n "$inherited" ] && ! recover "$inherited"; then
		note "failed recover transaction $inherited was left unfinished and cannot be put right"
		note_broken
		finish 13
	fi
	own_lock || {
		release
		return 1
	}
}

roll_back_newest() {
	list_applied
	newest=${applied%%"$nl"*}
	if [ -n "$to" ]; then
		case $nl$applied in
		*"$nl$to$nl"*) applied=${applied%%"$to$nl"*} ;;
		*)
			reason="there is no applied transaction $to here (any more)"
			return 1
			;;
		esac
	else
		applied=${newest:+$newest$nl}
	fi
	if [ -n "$expect" ] && [ "$newest" != "$expect" ]; then
		reason="the newest applied transaction is ${newest:-none}, not $expect"
	elif [ -n "$applied" ]; then
		roll_back_all
		return
	elif [ -n "$to" ]; then
		reason="nothing has been applied since $to"
	else
		reason='no applied transaction is there to be rolled back'
	fi
	return 1
}

roll_back_all() {
	while [ -n "$applied" ]; do
		k_name=${applied%%"$nl"*} applied=${applied#*"$nl"}
		roll_back "$k_name" || return 1
		note "rolled-back $k_name"
		[ -z "$left" ] || [ -z "$applied" ] || {
			reason="what somebody changed keeps the older ones from being undone"
			return 1
		}
	done
}

confirm() {
	case $expect in
	'' | *[!0-9A-Za-z-]*) reason='no usable name of a transaction to be confirmed' && return 1 ;;
	esac
	if ! read_window "$state/txn/$expect"; then
		reason="transaction $expect does not wait to be confirmed"
	elif [ "$window" = overdue ] || [ "$window" = rebooted ]; then
		reason="transaction $expect was to be confirmed in time ($window), and is rolled back"
	elif ! try rm -f "$state/txn/$expect/confirm" || ! flush "$state/txn/$expect"; then
		reason="it cannot be written in $state: $why"
	else
		note "confirmed $expect"
		return 0
	fi
	return 1
}

# Wait until the transaction is confirmed or its time is over. A lock that is taken means that its deploy is at work yet.
watch() {
	while read_window "$state/txn/$expect"; do
		case $window in
		overdue | rebooted)
			! take_over || {
				expire
				finish 0
			}
			;;
		esac
		sleep 1
	done
	finish 0
}

main() {
	prepare
	exec 3>&1
	read_request "$@" || decline
	exec </dev/null >/dev/null 2>&1
	check_state || decline
	case $state_is,$action in
	ready,history)
		need readlink sort || decline
		tell_history
		finish 0
		;;
	ready,recover | ready,rollback | ready,confirm | ready,watch) ;;
	absent,history | absent,recover) finish 0 ;;
	absent,*) reason='nothing was ever applied here' && decline ;;
	*) reason="$action is nothing that can be done" && decline ;;
	esac
	need cat chmod chown date id ln mkdir mv readlink rm sort stat tail || decline
	read_start $$
	transaction=undo owner=$$.$start:$boot:undo
	mta_facts || decline
	case $action in
	watch) watch ;;
	recover) take_over && expire || decline ;;
	confirm) take_over && confirm || decline ;;
	*) take_over && roll_back_newest || decline ;;
	esac
	finish 0
}
