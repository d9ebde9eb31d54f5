# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# The helper's part of its scripts: whoever may run it must not become root. What a request asks for is judged before
# anything is touched. `pinned` has the lines that say where this host has its things, `own_undo` the script that stays.

check_place() {
	if [ "${place-}" != "$pinned$nl" ]; then
		reason='the helper on this host was made for another state directory or configuration: install it again'
		reason="$reason (\`relayconf helper HOST\`)"
	elif [ "${action-}" = watch ]; then
		reason='watch is nothing that can be asked for'
	else
		trust_state
		return
	fi
	return 1
}

trust_state() {
	may_lack=yes
	find_folder "${state%/*}" && trust_folder "$anchor" || return 1
	[ "${folder%/}" = "${state%/*}" ] || {
		reason="the state directory $state is behind a symbolic link, which the helper does not follow"
		return 1
	}
}

# Every directory from $1, an absolute path without links, up must be root's or one's own, and nobody else's to write: in
# any other, a name could come to mean another file between two looks. What has the sticky bit may hold directories, but
# no files of ours.
trust_folder() {
	n_folder=$1 n_open='' n_list=
	while [ "$1" != / ] && [ -n "$1" ]; do
		n_up=${1%/*}
		set -- "${n_up:-/}" "$@"
	done
	n_list=$(metadata "$@" 2>/dev/null)$nl && [ -n "$1" ] || n_open=yes
	while [ -n "$n_list" ]; do
		split_metadata "${n_list%%"$nl"*}"
		n_list=${n_list#*"$nl"}
		[ "$m_uid" = 0 ] || [ "$m_uid" = "$uid" ] || n_open=yes
		case $m_mode,$n_list in
		1???,?*) ;;
		*[2367]?,* | *[2367],*) n_open=yes ;;
		esac
	done
	[ -n "$n_open" ] || return 0
	reason="the directory $n_folder, or one above it, is not root's alone to write: the helper touches nothing there"
	return 1
}

keep_undo() {
	say "$own_undo" >"$work/undo"
}

deny() {
	reason="$c_path: $*"
	return 1
}

is_one_of() {
	i_word=$1
	shift
	for i_other; do
		[ "$i_word" != "$i_other" ] || return 0
	done
	return 1
}

# Whether the current change may give its file the mode, owner and group that it names.
judge_dress() {
	m_owner=0 m_uid=0 m_group=0 m_gid=0
	[ ! -e "$c_target" ] || read_metadata "$c_target" || deny 'it is gone' || return 1
	if ! is_one_of "$c_mode" - 600 640 644; then
		deny "the helper gives no file the mode $c_mode"
	elif ! is_one_of "$c_owner" - root 0 "$m_owner" "$m_uid"; then
		deny "the helper gives no file to $c_owner"
	elif ! is_one_of "$c_group" - root 0 "$m_group" "$m_gid" "${group:--}" "${group_number:--}"; then
		deny "the helper gives no file to the group $c_group"
	fi
}

judge_one() {
	g_count=$((g_count + 1)) g_file=
	[ "$c_index" = "$g_count" ] || deny 'the changes are not numbered one after the other' || return 1
	mta_may_write "$c_path" || deny 'relayconf writes no such file' || return 1
	judge_dress || return 1
	if [ "$c_sha" != - ]; then
		g_file=$work/guard/$c_index
		is_count "$c_size" && extract "$c_offset" "$c_size" "$g_file" && read_digest "$g_file" && [ "$digest" = "$c_sha" ] ||
			deny 'its content is not in the payload as described' || return 1
	fi
	mta_guard "$c_path" "$g_file" || deny "$reason"
}

guard() {
	g_count=0
	step guard && try mkdir "$work/guard" || {
		reason="$work/guard cannot be made: $why"
		return 1
	}
	each judge_one "$changes" || return 1
	rm -rf "$work/guard"
}
