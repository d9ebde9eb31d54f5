# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# receive, lock, check, save, stage, validate, swap, activate, verify, finalize: each is in the journal before it is
# taken; swap and activate come once for each phase. Until `stage` nothing outside the state directory is touched; from
# there every failure restores, backwards through the phases.

# Make the state directory, and one of our own in it for what comes in. Its name says whose it is from the first moment.
open_state() {
	check_state || return 1
	if [ "$state_is" = absent ]; then
		try mkdir "$state" || [ -d "$state" ] || {
			reason="the state directory $state cannot be made: $why"
			return 1
		}
		check_state || return 1
	fi
	for o_folder in incoming txn; do
		[ -d "$state/$o_folder" ] || try mkdir "$state/$o_folder" || [ -d "$state/$o_folder" ] || {
			reason="the state directory $state cannot be written: $why"
			return 1
		}
	done
	[ ! -e "$state/txn/$transaction" ] || {
		reason="a transaction $transaction is there already"
		return 1
	}
	try mkdir "$state/incoming/$owner" || {
		reason="the state directory $state cannot be written: $why"
		return 1
	}
	work=$state/incoming/$owner
}

# Kill the reader $1 when the payload has not grown for `patience` seconds.
watch_reader() {
	w_nap='' w_size=0 w_idle=0
	trap '[ -z "$w_nap" ] || kill "$w_nap" 2>/dev/null; exit 0' TERM
	while kill -0 "$1" 2>/dev/null; do
		sleep 1 &
		w_nap=$!
		wait "$w_nap"
		w_now=$(wc -c 2>/dev/null <"$work/payload") || w_now=0
		w_idle=$((w_idle + 1))
		[ "$((w_now))" = "$((w_size))" ] || w_idle=0
		w_size=$w_now
		[ "$w_idle" -lt "$patience" ] || kill "$1" 2>/dev/null
	done
}

receive() {
	step receive || return 1
	head -c "$size" <&4 >"$work/payload" 3>&- &
	p_reader=$!
	watch_reader "$p_reader" 3>&- 4<&- &
	p_watcher=$!
	wait "$p_reader"
	p_status=$?
	exec 4<&-
	kill "$p_watcher" 2>/dev/null
	wait "$p_watcher"
	p_size=$(wc -c 2>/dev/null <"$work/payload") || p_size=0
	if [ "$p_status" -gt 128 ]; then
		reason="the payload stopped coming: $((p_size)) of $size bytes in time"
	elif [ "$p_status" != 0 ]; then
		reason="the payload cannot be written to $state (is the disk full?)"
	elif [ "$((p_size))" != "$size" ]; then
		reason="the payload was cut: $((p_size)) of $size bytes came"
	elif ! read_digest "$work/payload" || [ "$digest" != "$sha" ]; then
		reason='the payload differs from what was sent: its SHA-256 is another'
	elif ! why=$({ gzip -dc <"$work/payload" >"$work/content"; } 2>&1); then
		one_line
		reason="the payload cannot be unpacked in $state: $why"
	else
		return 0
	fi
	return 1
}

# Whether every number of the current change is one: some shells run what stands in `$((…))` in place of a number, and
# the index becomes part of paths.
check_numbers() {
	is_count "$c_index" && is_count "$c_phase" && is_count "$c_offset" || {
		reason='a change in the request has no usable index, phase or offset'
		return 1
	}
	[ "$c_size" = - ] || is_count "$c_size" || {
		reason="a change in the request has no usable size"
		return 1
	}
}

load_request() {
	changes=
	while IFS= read -r q_line; do
		[ "$q_line" != end ] || {
			each check_numbers "$changes"
			return
		}
		changes=$changes$q_line$nl
	done <"$work/content"
	reason='the request in the payload has no end'
	return 1
}

# A file's first change is compared with the disk, a later one with the change before it.
check_one() {
	if previous "$changes"; then
		[ "$p_sha,$p_target" = "$c_base,$c_target" ] ||
			note "stale $c_path its change in phase $c_phase does not follow on the one before"
		return 0
	fi
	mta_resolve "$c_path" && resolve "$path" || {
		note "stale $c_path $reason"
		return 0
	}
	if [ "$target" != "$c_target" ]; then
		note "stale $c_path it is now $target, not $c_target"
	elif ! is_base; then
		note "stale $c_path $reason"
	elif [ -n "$(frozen "$anchor")" ]; then
		reason="the directory $anchor is immutable (chattr)"
		return 1
	elif [ ! -w "$anchor" ]; then
		reason="the directory $anchor cannot be written by uid $uid"
		[ "$uid" != 0 ] || reason="the directory $anchor cannot be written: its file system is read-only"
		return 1
	elif [ -e "$target" ] && [ -n "$(frozen "$target")" ]; then
		reason="$target is immutable (chattr)"
		return 1
	fi
}

# Copy $2 bytes of the contents from the offset $1 on into a new file $3.
extract() {
	if [ "$2" = 0 ]; then
		copy_new /dev/null "$3"
		return
	fi
	why=$({ set -C && tail -c "+$((request + $1 + 1))" "$work/content" 2>/dev/null | head -c "$2" >"$3"; } 2>&1) && return 0
	one_line
	return 1
}

# Save the base of the current change, and take from it what the wish does not name.
save_base() {
	s_mode=644 s_owner=$uid s_group='' why=
	if previous "$saved"; then
		[ "$c_base" = - ] || extract "$p_offset" "$p_size" "$work/saved/$c_index" || return 1
		c_base_mode=$p_mode c_base_owner=$p_owner c_base_group=$p_group
		s_mode=$p_mode s_owner=$p_owner s_group=$p_group
	elif [ "$c_base" != - ]; then
		read_metadata "$c_target" && copy_new "$c_target" "$work/saved/$c_index" || return 1
		c_base_owner=$m_uid c_base_group=$m_gid s_mode=$m_mode s_owner=$m_uid s_group=$m_gid
	fi
	[ "$c_base" = - ] || { read_digest "$work/saved/$c_index" && [ "$digest" = "$c_base" ]; }
}

# Copy the old file, and write down in the manifest what is to be: from here on it holds no `-` for "keep".
save_one() {
	save_base || {
		reason="$c_target cannot be saved in $state: ${why:-it changed}"
		return 1
	}
	if [ -z "$s_group" ]; then
		s_folder=$c_folder
		while [ -n "$s_folder" ] && [ ! -e "$s_folder" ]; do
			s_folder=${s_folder%/*}
		done
		read_metadata "${s_folder:-/}" || {
			reason="$s_folder is gone"
			return 1
		}
		s_group=$m_gid
	fi
	[ "$c_mode" != - ] || c_mode=$s_mode
	[ "$c_owner" != - ] || c_owner=$s_owner
	[ "$c_group" != - ] || c_group=$s_group
	s_line=$c_index$tab$c_phase$tab$c_path$tab$c_base$tab$c_base_mode$tab$c_base_owner$tab$c_base_group$tab$c_offset
	s_line=$s_line$tab$c_size$tab$c_sha$tab$c_mode$tab$c_owner$tab$c_group$tab$c_target
	saved=$saved$s_line$nl
	say "$s_line" >>"$work/manifest" || {
		reason="the manifest cannot be written in $state (is the disk full?)"
		return 1
	}
}

# What number of transaction this is here.
number_transaction() {
	n_serial=0
	for n_folder in "$state"/txn/*; do
		IFS= read -r n_other 2>/dev/null <"$n_folder/serial" && is_count "$n_other" && [ "$n_other" -gt "$n_serial" ] || continue
		n_serial=$n_other
	done
	say "$((n_serial + 1))" >"$work/serial"
}

# Lay down the script that stays on the host; the helper (guard.sh) has one of its own.
keep_undo() {
	extract "${undo%% *}" "${undo#* }" "$work/undo"
}

# Whether the changes are such as may be asked for; the helper (guard.sh) judges them.
guard() { :; }

save() {
	saved=
	IFS= read -r random 2>/dev/null </proc/sys/kernel/random/uuid ||
		random=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	[ -n "$random" ] || {
		reason='no random numbers: neither /proc nor /dev/urandom gives any'
		return 1
	}
	try mkdir "$work/saved" "$work/left" && say "$random" >"$work/manifest" &&
		number_transaction && keep_undo || {
		reason="the manifest cannot be written in $state (is the disk full?)"
		return 1
	}
	each save_one "$changes" || return 1
	changes=$saved
}

# Flush what the way back needs, before anything outside the state directory is touched.
flush_saved() {
	set --
	for s_file in "$work"/saved/*; do
		[ -e "$s_file" ] || break
		set -- "$@" "$s_file"
	done
	flush "$@" "$work/saved" "$work/manifest" "$work/serial" "$work/undo" "$work/journal" "$work" "$state/txn"
}

# Put the way back beside the target: the old file itself under a second name, so that restoring is a rename that needs
# no space and brings back all that hangs on it; for a later phase it is what the phase before will have put there. Where
# the file system has no links, a copy.
lay_back() {
	[ "$c_base" != - ] || return 0
	b_source=$c_target
	! previous "$changes" || b_source=$p_stage
	ln "$b_source" "$c_back" 2>/dev/null || lay_copy
}

prepare_one() {
	mta_prepare "$c_path"
}

stage_one() {
	lay_back || {
		reason="$c_back cannot be made: $why"
		return 1
	}
	[ "$c_sha" != - ] || return 0
	extract "$c_offset" "$c_size" "$c_stage" || {
		reason="$c_stage cannot be made: $why"
		return 1
	}
	dress "$c_stage" "$c_mode" "$c_owner" "$c_group" || {
		reason="$c_stage cannot get mode $c_mode, owner $c_owner and group $c_group: $why"
		return 1
	}
}

validate_one() {
	v_stage=
	if [ "$c_sha" != - ]; then
		v_stage=$c_stage
		read_digest "$c_stage" && [ "$digest" = "$c_sha" ] || {
			reason="what was written beside $c_target differs from what was sent (is the disk full?)"
			return 1
		}
		has_metadata "$c_stage" "$c_mode" "$c_owner" "$c_group" || return 1
	fi
	mta_validate "$c_path" "$v_stage" || {
		reason="$c_path: $reason"
		return 1
	}
}

swap_one() {
	step swap "$c_path" || return 1
	is_base || {
		reason="$c_target changed while the deploy was under way: $reason"
		return 1
	}
	swapped=$swapped$c_index$nl
	if [ "$c_sha" = - ]; then
		try rm -f "$c_target"
	else
		try mv -f "$c_stage" "$c_target"
	fi || {
		reason="$c_target: $why"
		return 1
	}
}

# Make the changes of the phase $1 live. Nothing stands between the last rename and the MTA's activation.
run_phase() {
	select_phase "$1"
	current=validate
	mta_try "$paths" 3>&- || return 1
	each swap_one "$batch" && step activate || return 1
	mta_activate "$paths" 3>&- || return 1
	flush_places "$work/journal"
}

run_phases() {
	phases=
	each add_phase "$changes"
	rest=$phases
	for x_phase in $phases; do
		look_ahead "$x_phase"
		run_phase "$x_phase" || return 1
	done
}

verify_one() {
	read_digest "$c_target" && [ "$digest" = "$c_sha" ] || {
		reason="$c_target is not what was written"
		return 1
	}
	[ "$c_sha" = - ] || has_metadata "$c_target" "$c_mode" "$c_owner" "$c_group" || {
		reason="$c_target: $reason"
		return 1
	}
	mta_verify "$c_path" 3>&- || {
		reason="$c_path: $reason"
		return 1
	}
}

# Keep what was left in a file of which only parts are ours: undoing takes these out again, whatever else was edited.
keep_left() {
	[ "$c_sha" = - ] || ! mta_merges "$c_path" || copy_new "$c_target" "$work/left/$c_index"
}

# What the MTA itself shows since it has the change. Only a failure that is new and its own goes back.
judge() {
	verdict='' seen=
	mta_verdict 3>&- || return 1
	note "verified $verdict $seen"
}

collect_changed() {
	changed=$changed$c_path$nl
	recorded=$recorded$c_path$tab$c_sha$tab$transaction$tab$now$nl
}

# Write what is applied now into the transaction: the old lines of other files, then those of this one.
record() {
	now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	changed='' recorded='' kept=
	each collect_changed "$latest"
	while IFS= read -r r_line; do
		case $nl$changed in
		*"$nl${r_line%%"$tab"*}$nl"*) ;;
		*) kept=$kept$r_line$nl ;;
		esac
	done 2>/dev/null <"$state/applied"
	recorded=$kept$recorded
	{ [ ! -e "$state/applied" ] || cat "$state/applied"; } >"$work/before" && each keep_left "$latest" &&
		say "${recorded%"$nl"}" >"$work/applied" &&
		flush "$work/before" "$work/left" "$work/applied" "$work/journal" "$work" || {
		reason="what is applied cannot be recorded in $state (is the disk full?)"
		return 1
	}
}

# Leave a clock on the host that undoes the transaction in time unless it is confirmed; it outlives this shell. While its
# window is not open yet it watches over the deploy itself.
arm() {
	[ -n "$confirm" ] || return 0
	say "- $boot $confirm" >"$work/confirm" && flush "$work/confirm" "$work" || {
		reason="$work/confirm cannot be written (is the disk full?)"
		return 1
	}
	set -- sh "$work/undo" --watch "$transaction"
	if [ "$uid" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1 &&
		try systemd-run --quiet --collect --unit="relayconf-$transaction" "$@" 3>&-; then
		return 0
	fi
	! command -v setsid >/dev/null 2>&1 || set -- setsid "$@"
	"$@" </dev/null >/dev/null 2>&1 3>&- &
	kill -0 "$!" 2>/dev/null || {
		reason='the clock that waits for the confirmation cannot be started'
		return 1
	}
}

open_window() {
	[ -e "$work/confirm" ] || return 0
	read_uptime
	say "$((uptime + confirm)) $boot $confirm" >"$work/confirm.new" && try mv -f "$work/confirm.new" "$work/confirm" ||
		note "warning the time for the confirmation could not be written in $state"
}

refuse_unconfirmed() {
	for u_folder in "$state"/txn/*; do
		read_window "$u_folder" || continue
		reason="transaction ${u_folder##*/} is not confirmed yet: confirm it or roll it back"
		case $window in
		overdue | rebooted) reason="transaction ${u_folder##*/} was not confirmed in time: recover rolls it back" ;;
		esac
		return 1
	done
}

fail() {
	note "failed $current $reason"
	say "failed $current $reason" >&2
	restore || {
		note_broken
		finish 13
	}
	[ -z "$left" ] || {
		for f_path in $left; do
			note "rollback-failed $f_path somebody changed it meanwhile; it is left as it is"
		done
		finish 13
	}
	note restored
	prune
	finish 12
}

read_header() {
	state='' transaction='' size='' sha='' request='' patience=60 flush_queue='' undo='' confirm='' questions='' allowed=
	while IFS= read -r h_line; do
		h_rest=${h_line#* }
		case $h_line in
		end)
			check_place
			return
			;;
		'state '* | 'parameter '*) take_place "$h_line" ;;
		'transaction '*) transaction=$h_rest ;;
		'payload '*) size=${h_rest%% *} sha=${h_rest#* } ;;
		'request '*) request=$h_rest ;;
		'patience '*) patience=$h_rest ;;
		'flush yes') flush_queue=yes ;;
		'undo '*) undo=$h_rest ;;
		'confirm '*) confirm=$h_rest ;;
		'ask '*) questions=$questions$h_rest$nl ;;
		'allow '*) allowed="$allowed $h_rest" ;;
		esac
	done
	reason='the request was cut'
	return 1
}

begin() {
	prepare
	exec 3>&1
	read_header || refuse
	exec 4<&0 </dev/null
	case $transaction in
	'' | *[!0-9A-Za-z-]*) reason='the name of the transaction is unusable' && refuse ;;
	esac
	is_count "$request" && is_count "$size" && is_count "$patience" && is_count "${confirm:-0}" &&
		is_count "${undo%% *}" && is_count "${undo#* }" || {
		reason='the request has no usable lengths'
		refuse
	}
	need cat chmod chown date gzip head id ln mkdir mv readlink rm sort stat tail wc || refuse
	read_start $$
	owner=$$.$start:$boot:$transaction
	saved=
	open_state || refuse
	say "$owner" >"$work/stdout" && say "$owner" >"$work/stderr" || {
		reason="the state directory $state cannot be written (is the disk full?)"
		refuse
	}
	exec >"$work/stdout" 2>"$work/stderr"
	receive || refuse
}

lock() {
	step lock || refuse
	acquire || refuse
	mta_facts || refuse
	if [ -n "$inherited" ]; then
		recover "$inherited" || {
			note "failed lock transaction $inherited was left unfinished and cannot be put right"
			note_broken
			rm -rf "$work"
			finish 13
		}
	fi
	own_lock || refuse
	try mv "$work" "$state/txn/$transaction" || {
		reason="the state directory $state cannot be written: $why"
		refuse
	}
	work=$state/txn/$transaction
}

# A request without changes recovers what was cut short, and leaves no transaction of its own.
main() {
	begin
	lock
	load_request || refuse
	[ -n "$changes" ] || {
		rm -rf "$work"
		finish 0
	}
	step check || refuse
	each check_one "$changes" || refuse
	case $nl$report in
	*"${nl}stale "*) reason='the host is no longer what the plan saw' && refuse 11 ;;
	esac
	refuse_unconfirmed || refuse
	guard || refuse
	step save && save || refuse
	step stage && flush_saved || fail
	each prepare_one "$changes" && each stage_one "$changes" && flush_places "$work/journal" || fail
	step validate && each validate_one "$changes" || fail
	arm || fail
	run_phases || fail
	find_latest
	step verify && each verify_one "$latest" && judge || fail
	record && step finalize || fail
	open_window
	settle
	prune
	mta_prune || note "warning $reason"
	[ -z "$flush_queue" ] || mta_flush 3>&- || note "warning the queue was not flushed: $reason"
	finish 0
}
