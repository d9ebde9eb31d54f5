# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# A transaction on the host: its lock, its journal, its files, and the way back. Whoever works on one, or puts one right, has
# these functions; from `stage` on every failure restores, backwards through the phases. To roll back is to restore a
# transaction that had been applied (`undoing`), after its live values were compared with what it had left.

report='' steps='' current=receive work='' undoing='' restoring='' swapped='' changes='' extra='' random=''

note() {
	report=$report$*$nl
}

# Enter the step $1, journalled first; $2 is the file that it is about.
step() {
	current=$1
	case " $steps " in
	*" $1 "*) ;;
	*) steps="$steps $1" && note "step $1" ;;
	esac
	say "$*" >>"$work/journal" || {
		reason='the journal cannot be written (is the disk full?)'
		return 1
	}
}

# Flush files and their directories. A `sync` that knows no names flushes all.
flush() {
	try sync "$@" || try sync || {
		reason="sync: $why"
		return 1
	}
}

# Follow the chain of dead owners from the lock: `last` is the name that the next owner takes, `holder` who is at its end.
follow_lock() {
	last=$state/lock first='' holder=
	while l_owner=$(readlink "$last" 2>/dev/null); do
		holder=$l_owner first=${first:-$l_owner}
		! alive "$holder" || return 1
		last=$state/takeover.$holder
	done
}

# Take the lock, one atomic link. A dead owner's lock is inherited by making the link takeover.OWNER, which only one can;
# it counts while the lock is still the dead owner's. `inherited` is the transaction that has to be recovered first.
acquire() {
	inherited='' l_try=0
	if [ -e "$state/lock" ] && [ ! -L "$state/lock" ]; then
		reason="$state/lock is no lock of relayconf, and has to be moved away by hand"
		return 1
	fi
	while [ "$l_try" -lt 9 ]; do
		l_try=$((l_try + 1))
		if try ln -s "$owner" "$state/lock"; then
			return 0
		fi
		follow_lock || {
			reason="another deploy is at work here: transaction ${holder##*:}, pid ${holder%%.*}"
			return 1
		}
		[ -n "$holder" ] || continue
		ln -s "$owner" "$last" 2>/dev/null || continue
		if [ "$(readlink "$state/lock" 2>/dev/null)" = "$first" ]; then
			inherited=${first##*:}
			return 0
		fi
		rm -f "$last"
	done
	reason="the lock cannot be made: $why"
	return 1
}

# Make an inherited lock one's own, and sweep away what dead owners left.
own_lock() {
	[ -z "$inherited" ] || name_lock "${owner##*:}" || return 1
	rm -f "$state"/takeover.*
	for l_folder in "$state"/incoming/*; do
		alive "${l_folder##*/}" || rm -rf "$l_folder"
	done
}

# Have the lock say that it is for the transaction $1, so that whoever inherits it puts that one right.
name_lock() {
	owner=${owner%:*}:$1
	rm -f "$state/lock.new"
	try ln -s "$owner" "$state/lock.new" && try mv -f "$state/lock.new" "$state/lock" || {
		reason="the lock cannot be made: $why"
		return 1
	}
}

# Give the lock back, but for a transaction that is `broken`: the next contact finds a dead owner, and tries again. An
# inherited lock that was not made one's own stays with its dead owner.
release() {
	[ -z "${broken-}" ] || [ "$current" = lock ] || return 0
	if [ "$(readlink "$state/lock" 2>/dev/null)" = "$owner" ]; then
		rm -f "$state/lock"
	elif [ -n "${last-}" ] && [ "$(readlink "$last" 2>/dev/null)" = "$owner" ]; then
		rm -f "$last"
	fi
}

# Split one line of the manifest. `-` stands for absent, or for "keep".
split_change() {
	c_rest=$1
	c_index=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_phase=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_path=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_base=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_base_mode=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_base_owner=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_base_group=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_offset=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_size=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_sha=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_mode=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_owner=${c_rest%%"$tab"*} c_rest=${c_rest#*"$tab"}
	c_group=${c_rest%%"$tab"*} c_target=${c_rest#*"$tab"}
	c_folder=${c_target%/*}
	c_stage=$c_folder/.${c_target##*/}.relayconf.$random.$c_index.new
	c_back=$c_folder/.${c_target##*/}.relayconf.$random.$c_index.old
}

# Call $1 for each line of $2 until one fails.
each() {
	e_call=$1 e_list=$2
	while [ -n "$e_list" ]; do
		e_line=${e_list%%"$nl"*} e_list=${e_list#*"$nl"}
		split_change "$e_line"
		"$e_call" || return 1
	done
}

add_phase() {
	case " $phases " in
	*" $c_phase "*) ;;
	*) phases="$phases $c_phase" ;;
	esac
}

add_to_batch() {
	[ "$c_phase" = "$phase" ] || return 0
	batch=$batch$e_line$nl paths=$paths${paths:+ }$c_path
}

# The changes of the phase $1 in `batch`, what they are about in `paths`.
select_phase() {
	phase=$1 batch='' paths=
	each add_to_batch "$changes"
}

# The change in $1 that the current one follows on in the same file, in p_*. Its wish is the current one's base.
previous() {
	p_list=$1 p_found=
	while [ -n "$p_list" ]; do
		p_line=${p_list%%"$nl"*} p_list=${p_list#*"$nl"}
		[ "$p_line" != "$e_line" ] || break
		p_rest=${p_line#*"$tab"} p_rest=${p_rest#*"$tab"}
		[ "${p_rest%%"$tab"*}" != "$c_path" ] || p_found=$p_line
	done
	[ -n "$p_found" ] || return 1
	split_change "$p_found"
	p_offset=$c_offset p_size=$c_size p_sha=$c_sha p_mode=$c_mode p_owner=$c_owner p_group=$c_group p_stage=$c_stage
	p_target=$c_target
	split_change "$e_line"
}

reversed() {
	v_list=$1 backwards=
	while [ -n "$v_list" ]; do
		backwards=${v_list%%"$nl"*}$nl$backwards
		v_list=${v_list#*"$nl"}
	done
}

# Whether file $1 has mode $2, owner $3 and group $4, by name or number; `reason` names the first that differs.
has_metadata() {
	read_metadata "$1" || {
		reason="$1 is gone"
		return 1
	}
	if [ "$m_mode" != "$2" ]; then
		reason="its mode is $m_mode, not $2"
	elif [ "$m_owner" != "$3" ] && [ "$m_uid" != "$3" ]; then
		reason="its owner is $m_owner, not $3"
	elif [ "$m_group" != "$4" ] && [ "$m_gid" != "$4" ]; then
		reason="its group is $m_group, not $4"
	else
		return 0
	fi
	return 1
}

is_base() {
	read_digest "$c_target" || {
		reason="$c_target cannot be read"
		return 1
	}
	if [ "$digest" != "$c_base" ]; then
		case $digest,$c_base in
		-,*) reason='it is gone' ;;
		*,-) reason='it is there now' ;;
		*) reason='its content is another' ;;
		esac
		return 1
	fi
	[ "$c_base" = - ] || has_metadata "$c_target" "$c_base_mode" "$c_base_owner" "$c_base_group"
}

# Give the new file $1 the mode $2, owner $3, group $4 and the security label of the old file. Until then it is 0600.
dress() {
	read_metadata "$1" || return 1
	case $m_uid,$m_gid, in
	"$3,$4,") ;;
	*) try chown "$3:$4" "$1" || return 1 ;;
	esac
	[ "$m_mode" = "$2" ] || try chmod "$2" "$1" || return 1
	if [ -e "$c_target" ] && [ -e /sys/fs/selinux/enforce ] && command -v chcon >/dev/null 2>&1; then
		try chcon --reference="$c_target" "$1" || return 1
	fi
	mta_dress "$c_path" "$1"
}

# The copy of what the current change began with, in `saved_file`.
saved_of() {
	saved_file=$work/saved/$c_index
	[ ! -e "$work/merged/$c_index" ] || saved_file=$work/merged/$c_index
}

lay_copy() {
	saved_of
	rm -f "$c_back"
	copy_new "$saved_file" "$c_back" && dress "$c_back" "$c_base_mode" "$c_base_owner" "$c_base_group"
}

collect_place() {
	[ ! -e "$c_stage" ] || places=$places$c_stage$nl
	[ ! -d "$c_folder" ] || places=$places$c_folder$nl
}

# Flush "$@", the directories of all targets and the files staged there, and what the MTA's part has added to `extra`.
flush_places() {
	places=$extra
	each collect_place "$changes"
	while [ -n "$places" ]; do
		set -- "$@" "${places%%"$nl"*}"
		places=${places#*"$nl"}
	done
	flush "$@"
}

# What comes after the phase $1, the first of `rest`: its paths are in `later`, for an MTA that can end its part there.
look_ahead() {
	rest=${rest#" $1"} later=
	each collect_later "$changes"
}

collect_later() {
	case " $rest " in
	*" $c_phase "*) later="$later $c_path" ;;
	esac
}

forget_one() {
	rm -f "$c_stage" "$c_back"
}

keep_latest() {
	case $nl$latest_paths in
	*"$nl$c_path$nl"*) ;;
	*) latest=$e_line$nl$latest latest_paths=$latest_paths$c_path$nl ;;
	esac
}

# The last change of each file, in `latest`.
find_latest() {
	latest='' latest_paths=$nl
	reversed "$changes"
	each keep_latest "$backwards"
}

# Write down how the transaction ended: the word $1, when, and what is to be said of it.
end_as() {
	say "$1$tab$(date -u +%Y-%m-%dT%H:%M:%SZ)$tab${2-}" >"$work/status"
}

# How the transaction in $1 ended, in `ended`, `ended_at` and `ended_note`.
read_end() {
	ended='' ended_at='' ended_note=
	IFS=$tab read -r ended ended_at ended_note 2>/dev/null <"$1/status" || :
}

# The transactions that are there, in the order in which they had the lock, a name a line, in `transactions`. Their names
# do not tell: clients give them by clocks of their own.
list_transactions() {
	transactions=$(for t_folder in "$state"/txn/*; do
		[ -d "$t_folder" ] || continue
		t_serial=0
		IFS= read -r t_serial 2>/dev/null <"$t_folder/serial" || :
		say "$t_serial $t_folder"
	done | sort -n)
	t_list=$transactions$nl transactions=
	while [ -n "${t_list%"$nl"}" ]; do
		t_line=${t_list%%"$nl"*} t_list=${t_list#*"$nl"}
		transactions=$transactions${t_line##*/}$nl
	done
}

# Keep the newest ten transactions that were applied and the newest ten of the rest, and every one that is at work or
# waits to be confirmed.
prune() {
	list_transactions
	t_list='' t_applied=10 t_others=10
	while [ -n "$transactions" ]; do
		t_list=${transactions%%"$nl"*}$nl$t_list transactions=${transactions#*"$nl"}
	done
	while [ -n "$t_list" ]; do
		t_folder=$state/txn/${t_list%%"$nl"*} t_list=${t_list#*"$nl"}
		read_end "$t_folder"
		if [ "$ended" = applied ]; then
			t_applied=$((t_applied - 1)) t_left=$t_applied
		else
			t_others=$((t_others - 1)) t_left=$t_others
		fi
		[ "$t_left" -ge 0 ] || [ "$t_folder" = "$work" ] || [ -e "$t_folder/confirm" ] || rm -rf "$t_folder"
	done
}

# After the step `finalize` the transaction stands: a crash from there on is finished forwards, by these same lines.
settle() {
	[ ! -e "$work/applied" ] || try mv -f "$work/applied" "$state/applied" ||
		note "warning what is applied could not be recorded in $state: $why"
	each forget_one "$changes"
	rm -rf "$work/payload" "$work/content" "$work/trial" "$state/undo.new"
	[ ! -s "$work/undo" ] || [ "$work/undo" -ef "$state/undo" ] || { try ln "$work/undo" "$state/undo.new" && try mv -f "$state/undo.new" "$state/undo"; } ||
		note "warning $state/undo could not be written: $why"
	[ -e "$work/status" ] || end_as applied
	flush_places "$state" "$work" "$work/journal" "$work/status" || note "warning $reason"
}

# Whether `digest` is what the current change's file was before an earlier phase: then it is put back already.
is_earlier() {
	i_list=$changes
	while [ -n "$i_list" ]; do
		i_line=${i_list%%"$nl"*} i_list=${i_list#*"$nl"}
		[ "$i_line" != "$e_line" ] || return 1
		i_rest=${i_line#*"$tab"} i_rest=${i_rest#*"$tab"}
		[ "${i_rest%%"$tab"*}" = "$c_path" ] || continue
		i_rest=${i_rest#*"$tab"}
		[ "${i_rest%%"$tab"*}" != "$digest" ] || return 0
	done
	return 1
}

# Put one file back. What is neither the old nor the new one is somebody's repair: it stays, and `left` names it.
restore_one() {
	rm -f "$c_stage"
	case $nl$swapped in
	*"$nl$c_index$nl"*) touched=yes ;;
	*) rm -f "$c_back" && return 0 ;;
	esac
	[ ! -L "$c_target" ] && read_digest "$c_target" || digest=unreadable
	if is_earlier; then
		rm -f "$c_back"
	elif [ -n "$undoing" ] && [ "$c_base" = - ] && mta_keeps "$c_path"; then
		:
	elif [ "$digest" != "$c_base" ] && [ "$digest" != "$c_sha" ]; then
		left="$left $c_path"
		rm -f "$c_back"
	elif [ "$c_base" != - ]; then
		put_back
	elif [ "$digest" != - ]; then
		try rm -f "$c_target" || broken=$broken$c_path\ $why$nl
	fi
	return 0
}

put_back() {
	if [ "$c_back" -ef "$c_target" ] || is_base; then
		rm -f "$c_back"
		return 0
	fi
	read_digest "$c_back" && [ "$digest" = "$c_base" ] || lay_copy || {
		broken=$broken$c_path\ $why$nl
		return 0
	}
	try mv -f "$c_back" "$c_target" || {
		broken=$broken$c_path\ $why$nl
		return 0
	}
	is_base || broken=$broken$c_path\ $reason$nl
}

undo_one() {
	[ -z "$undoing" ] || ! mta_keeps "$c_path" || return 0
	mta_undo "$c_path" || broken=$broken$c_path\ $reason$nl
	return 0
}

# Put the phase $1 back, and tell the MTA where anything of it had become live.
restore_phase() {
	select_phase "$1"
	touched=
	reversed "$batch"
	batch=$backwards
	each restore_one "$batch"
	[ -z "$touched" ] || mta_activate "$paths" 3>&- || broken=$broken${paths##* }\ $reason$nl
	[ -n "$broken$left" ] || each undo_one "$batch"
}

# Restore everything that `changes` names, the last phase first. An earlier phase stays when a later one cannot be put
# back whole, since what is live there may need it.
restore_phases() {
	left='' broken='' phases='' restoring=yes
	say restore >>"$work/journal"
	each add_phase "$changes"
	x_phases=
	for x_phase in $phases; do
		x_phases="$x_phase $x_phases"
	done
	rest=" ${x_phases% }"
	for x_phase in $x_phases; do
		[ -z "$broken$left" ] || break
		look_ahead "$x_phase"
		restore_phase "$x_phase"
	done
	restoring=
	rm -rf "$work/payload" "$work/content" "$work/applied" "$work/trial"
}

restore() {
	restore_phases
	if [ -n "$broken" ]; then
		end_as rollback-failed
		return 1
	fi
	[ -z "$left" ] || each forget_one "$changes"
	rm -f "$work/confirm"
	end_as restored "${left:+left:$left}"
	flush_places "$work" "$work/status" || :
}

# The first change of each file, in `first`: what undoing leads back to.
find_first() {
	first='' latest_paths=$nl latest=
	each keep_latest "$changes"
	first=$latest
}

# What each file will be when all is undone: lines `PATH FILE`, without FILE when it will be absent.
name_back() {
	[ "$c_base" != - ] || { backs=$backs$c_path\ $nl && return 0; }
	saved_of
	backs=$backs$c_path\ $saved_file$nl
}

# Have the MTA judge what undoing leads back to.
look_back() {
	find_first
	backs=
	each name_back "$first"
	mta_try_back "$backs" 3>&-
}

verify_back() {
	mta_verify "$c_path" 3>&- || broken=$broken$c_path\ $reason$nl
	return 0
}

# Undo the applied transaction in $work, or go on with that. From the word `rollback` in its journal on there is only
# this way: whoever inherits the lock takes it, too.
complete_roll_back() {
	undoing=yes
	restore_phases
	undoing=
	find_first
	[ -n "$broken$left" ] || each verify_back "$first"
	if [ -n "$broken" ]; then
		end_as rollback-failed
		return 1
	fi
	rm -f "$state/applied.new"
	copy_new "$work/before" "$state/applied.new" && try mv -f "$state/applied.new" "$state/applied" ||
		note "warning what is applied could not be recorded in $state: $why"
	each forget_one "$changes"
	rm -f "$work/confirm"
	end_as rolled-back "${left:+left:$left}"
	flush_places "$state" "$work" "$work/status" || :
}

add_swapped() {
	swapped=$swapped$c_index$nl
}

# Where a transaction stood, in `way`. Its last lines may not have reached the disk, so every file counts as swapped:
# the hashes tell which ones were.
load_journal() {
	changes='' swapped='' extra='' way=none
	while IFS= read -r j_line; do
		case $way,$j_line in
		undo,*) ;;
		*,stage | *,restore) way=back ;;
		*,finalize) way=on ;;
		*,rollback) way=undo ;;
		esac
	done 2>/dev/null <"$work/journal"
	j_manifest=$work/manifest
	[ ! -e "$work/manifest.merged" ] || j_manifest=$work/manifest.merged
	{ IFS= read -r random && while IFS= read -r j_line; do changes=$changes$j_line$nl; done; } \
		2>/dev/null <"$j_manifest"
	each add_swapped "$changes"
}

# Bring the transaction $1 in $work to its end: forwards from `finalize` on, unless it was to be undone, else back.
heal() {
	load_journal
	note "recovering $1"
	case $way in
	on)
		settle
		note "recovered $1 finished"
		;;
	undo)
		look_back || :
		complete_roll_back || return 1
		note "recovered $1 rolled-back"
		[ -z "$left" ] || note "left $1$left"
		;;
	back)
		restore || return 1
		note "recovered $1 restored"
		[ -z "$left" ] || note "left $1$left"
		;;
	*)
		rm -rf "$work"
		note "recovered $1 unchanged"
		;;
	esac
}

recover() {
	[ -d "$state/txn/$1" ] || return 0
	k_work=$work work=$state/txn/$1
	heal "$1"
	k_status=$?
	work=$k_work changes='' swapped='' extra=
	return "$k_status"
}

finish() {
	release
	say "${report%"$nl"}" >&3
	[ -n "${by_hand-}" ] || say "end $1" >&3
	exit "$1"
}

# Before anything was touched: nothing of this transaction stays.
refuse() {
	note "failed $current $reason"
	[ -z "$work" ] || rm -rf "$work"
	finish "${1:-10}"
}

note_broken() {
	b_list=$broken
	while [ -n "$b_list" ]; do
		note "rollback-failed ${b_list%%"$nl"*}"
		b_list=${b_list#*"$nl"}
	done
}
