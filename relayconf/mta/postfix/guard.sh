# shellcheck shell=sh disable=SC2015,SC2034,SC2154  # `a && b || c` is meant; other parts set and use the rest
# What the helper lets be written of Postfix. Parameters and services can name programs, files and users, so only those
# change that relayconf manages, to values that relayconf gives them, or to what the admin had there. Baked in beside
# this: `managed` parameters, `by_name` those that begin with relayconf_, `services`, `levels`, `status_filter`.

mta_may_write() {
	case $1 in
	postfix:main.cf | postfix:master.cf | relayconf:postfix-parameters) ;;
	*) split_generation "$1" ;;
	esac
}

mta_guard() {
	if [ -z "$2" ]; then
		[ "$1" = relayconf:postfix-parameters ] && return 0
		reason='the helper does not remove it'
		return 1
	fi
	g_strange=$(tr -cd '\000' <"$2" | wc -c) || g_strange=1
	[ "$((g_strange))" = 0 ] || {
		reason='it contains a NUL byte'
		return 1
	}
	case $1 in
	postfix:main.cf) guard_main "$2" ;;
	postfix:master.cf) guard_master "$2" ;;
	relayconf:postfix-parameters) guard_record "$2" ;;
	postfix:*/status_filter)
		read_digest "$2" && [ "$digest" = "$status_filter" ] || {
			reason='it is not the filter that relayconf brings'
			return 1
		}
		;;
	postfix:*/sasl_passwd) ;;
	*) guard_rows "$2" "${1##*/}" ;;
	esac
}

# The file $1 without the entries whose names are in $2, lines that continue them included. Comments stay; with $3, but
# for those inside of such an entry.
without() {
	awk -v names=" $2 " -v inside="${3-}" '
	/^[ \t\v\f\r]*(#.*)?$/ {
		if (dropped && inside) held = held $0 "\n"
		else print
		next
	}
	/^[ \t\v\f\r]/ {
		if (dropped) held = ""
		else print
		next
	}
	{
		printf "%s", held
		held = ""
		name = $0
		sub(/[ \t\r=].*/, "", name)
		dropped = index(names, " " name " ") > 0
		if (!dropped) print
	}
	END { printf "%s", held }' "$1"
}

# Whether the files $1 and $2 are the same but for the entries whose names are in $3; $4 as `without` has it.
same_but() {
	without "$1" "$3" "${4-}" >"$work/guard/one" && without "$2" "$3" "${4-}" >"$work/guard/other" || return 1
	read_digest "$work/guard/one" && g_digest=$digest && read_digest "$work/guard/other" && [ "$digest" = "$g_digest" ]
}

# What the main.cf $1 sets, in Postfix's own reading, in `found`: with the master.cf $2 beside it. A parameter that is not
# Postfix's own is told only when it is referred to.
read_main() {
	rm -rf "$work/guard/look"
	try mkdir "$work/guard/look" && try cp "$2" "$work/guard/look/master.cf" &&
		{ cat "$1" && say && say "smtpd_banner =${references-}"; } >"$work/guard/look/main.cf" &&
		mta_dress postfix:main.cf "$work/guard/look/main.cf" || {
		reason="the guard cannot work in $state: $why"
		return 1
	}
	why=$(postconf -c "$work/guard/look" -n 2>&1 >/dev/null) && found=$(list_settings main.cf "$work/guard/look") || {
		one_line
		reason="Postfix cannot read it: $why"
		return 1
	}
}

# The settings in $1 of parameters that are not managed.
unmanaged() {
	say "$1" >"$work/guard/settings" && without "$work/guard/settings" "$managed $by_name"
}

# The entries of before that the record $1 keeps, in `found`, as settings.
read_record() {
	g_earlier=$work/guard/earlier
	awk -F '\t' '{
		for (field = 4; field <= NF; field++) {
			text = $field
			while (match(text, /\\./)) {
				mark = substr(text, RSTART + 1, 1)
				plain = mark == "n" ? "\n" : mark == "t" ? "\t" : mark == "r" ? "\r" : mark
				printf "%s%s", substr(text, 1, RSTART - 1), plain
				text = substr(text, RSTART + 2)
			}
			printf "%s", text
		}
	}' "$1" >"$g_earlier" 2>/dev/null && ! without "$g_earlier" "$managed" yes | grep -q '^[^#]*[^#[:space:]]' || {
		reason='it keeps what is no parameter of relayconf'
		return 1
	}
	read_main "$g_earlier" "$config/master.cf"
}

# What is live, and what the live record says was there before, in `g_live` and `g_old`.
read_live() {
	[ -z "${references-}" ] || return 0
	for g_name in $by_name; do
		references="$references \$$g_name"
	done
	read_main "$config/main.cf" "$config/master.cf" || return 1
	g_live=$found g_old=
	[ -e "$state/postfix-parameters" ] || return 0
	read_record "$state/postfix-parameters" || {
		reason="the record in $state is damaged: $reason"
		return 1
	}
	g_old=$found
}

guard_main() {
	read_live && read_main "$1" "$config/master.cf" || return 1
	g_new=$found
	same_but "$config/main.cf" "$1" "$managed $by_name" && [ "$(unmanaged "$g_live")" = "$(unmanaged "$g_new")" ] || {
		reason='more than the parameters that relayconf manages would change'
		return 1
	}
	for g_name in $managed $by_name; do
		is_same_setting "$g_live" "$g_new" "$g_name" || ! has_setting "$g_new" "$g_name" || is_harmless "$g_name" || {
			read_setting "$g_new" "$g_name"
			reason="the helper does not set $g_name = $value"
			return 1
		}
	done
}

# Whether the setting $1 of `g_new` is one that relayconf makes, or that was there before.
is_harmless() {
	! has_setting "$g_old" "$1" || ! is_same_setting "$g_new" "$g_old" "$1" || return 0
	read_setting "$g_new" "$1"
	[ -n "$value" ] || return 0
	case $1,$value in
	relayhost,*) is_relayhost "$value" ;;
	default_transport,* | relay_transport,*) is_word "$value" "smtp $services" ;;
	transport_maps,*) is_list "$1" "$1" transport ;;
	sender_dependent_default_transport_maps,*) is_list "$1" "$1" senders ;;
	empty_address_default_transport_maps_lookup_key,'<>') ;;
	smtp_generic_maps,*) is_list "$1" "$1" generic ;;
	smtp_sasl_password_maps,*) is_list "$1" "$1" sasl_passwd ;;
	smtp_tls_policy_maps,*) is_list "$1" "$1" tls_policy ;;
	relayconf_?_sasl_password_maps,*) is_list "$1" smtp_sasl_password_maps sasl_passwd ;;
	relayconf_?_tls_policy_maps,*) is_list "$1" smtp_tls_policy_maps tls_policy ;;
	relayconf_[ab]_maps,\$relayconf_maps) ;;
	relayconf_*maps,"$generations"/*) is_number "${value#"$generations/"}" ;;
	smtp_sasl_auth_enable,yes | smtp_sasl_auth_enable,no) ;;
	smtp_sasl_security_options,noanonymous | smtp_sasl_tls_security_options,noanonymous) ;;
	smtp_dns_support_level,dnssec) ;;
	smtp_tls_fingerprint_digest,sha256) ;;
	smtp_tls_CAfile,*) is_word "$value" "$(list_bundles)" ;;
	"smtp_delivery_status_filter,regexp:\${relayconf_maps}/status_filter") ;;
	*) return 1 ;;
	esac
}

# Whether $1 is a word of $2.
is_word() {
	for g_word in $2; do
		[ "$g_word" != "$1" ] || return 0
	done
	return 1
}

# One nexthop, or several to fail over between.
is_relayhost() {
	g_words=$(say "$1" | tr , ' ')
	set -f
	for g_word in $g_words; do
		is_nexthop "$g_word" || {
			set +f
			return 1
		}
	done
	set +f
	[ -n "$g_words" ]
}

# HOST or [HOST], and perhaps a port.
is_nexthop() {
	case $1 in
	*[!][A-Za-z0-9._:-]* | '' | -* | *'[-'*) return 1 ;;
	esac
}

# Whether `value` is a list of tables of relayconf's, with the name $3, and of those behind them that the live
# parameter $1 or $2 has, or had before.
is_list() {
	split_list "$value" "$3"
	g_wanted=$g_rest
	[ -n "$g_wanted" ] || return 0
	for g_place in "$1" "$2"; do
		read_setting "$g_live" "$g_place"
		split_list "$value" "$3"
		[ "$g_rest" != "$g_wanted" ] || return 0
		read_setting "$g_old" "$g_place"
		split_list "$value" "$3"
		[ "$g_rest" != "$g_wanted" ] || return 0
	done
	return 1
}

# The tables of the list $1 in `g_rest`, without relayconf's own of the name $2.
split_list() {
	g_words=$(say "$1" | tr ',\t' '  ') g_rest=
	set -f
	for g_word in $g_words; do
		is_own_table "$g_word" "$2" || g_rest="$g_rest $g_word"
	done
	set +f
}

is_own_table() {
	case ${1%%:*} in
	lmdb | hash | cdb | btree | texthash) ;;
	*) return 1 ;;
	esac
	case ${1#*:} in
	"\${relayconf_maps}/$2" | "\${relayconf_smtp_maps}/$2" | "\${relayconf_a_maps}/$2" | "\${relayconf_b_maps}/$2") ;;
	*) return 1 ;;
	esac
}

# The services of the master.cf in the directory $1, a line each with single blanks, in `found`.
read_services() {
	found=$(postconf -c "$1" -M 2>/dev/null) || {
		reason='Postfix cannot read it'
		return 1
	}
	found=$(say "$found" | tr -s ' \t' '  ')
	[ -n "$found" ]
}

guard_master() {
	same_but "$config/master.cf" "$1" "$services" yes || {
		reason="more than relayconf's own services would change"
		return 1
	}
	read_main "$config/main.cf" "$1" || return 1
	read_services "$config" || return 1
	g_services=$found
	read_services "$work/guard/look" || return 1
	g_list=$found$nl
	g_smtp=$(say "$g_services" | sed -n 's/^smtp unix //p' | tail -n 1)
	while [ -n "${g_list%"$nl"}" ]; do
		g_line=${g_list%%"$nl"*} g_list=${g_list#*"$nl"}
		case $nl$g_services$nl in
		*"$nl$g_line$nl"*) continue ;;
		esac
		g_name=${g_line%% *}
		[ "$g_line" != "$g_name unix ${g_smtp:-- - - - - smtp}$(service_options "$g_name")" ] || continue
		reason="the helper does not make the service $g_name like this"
		return 1
	done
}

# Each row of the table $1, whose name is $2: a key without quotes, and a value that relayconf writes.
guard_rows() {
	g_strange=$(tr -cd '\001-\010\013-\037\177' <"$1" | wc -c) || g_strange=1
	why=$(awk -v table="$2" -v transports=" smtp $services " -v levels=" $levels " '
	/^#/ || /^[ \t]*$/ { next }
	{
		value = $0
		sub(/^[^ \t]*[ \t]*/, "", value)
		sub(/[ \t]*$/, "", value)
		fine = $0 !~ /^[ \t]/ && $1 !~ /["\\]/ && value != ""
		if (table == "tls_policy") {
			words = split(value, word, " ")
			fine = fine && index(levels, " " word[1] " ")
			for (place = 2; place <= words; place++)
				fine = fine && word[place] ~ /^(match=[0-9A-F:]+|protocols=[!A-Za-z0-9.:]+)$/
		} else if (table != "transport" || value !~ /^(error|retry|discard):/) fine = fine && value !~ /[ \t]/
		is_routed = table == "transport" && value != ":" && value !~ /^(error|retry|discard):/
		if (is_routed || (table == "senders" && value != "DUNNO")) {
			colon = index(value, ":")
			nexthop = substr(value, colon + 1)
			fine = fine && colon && index(transports, " " substr(value, 1, colon - 1) " ")
			fine = fine && nexthop !~ /[^][A-Za-z0-9._:-]/ && nexthop !~ /(^|\[)-/
		}
		if (!fine) { print NR; exit }
	}' "$1") || why=0
	[ "$((g_strange))" = 0 ] && [ -z "$why" ] || {
		reason="the helper does not write a row such as that in line ${why:-unknown}"
		return 1
	}
}

# What the record keeps from before must be what the live one keeps, or what is live.
guard_record() {
	read_live && read_record "$1" || return 1
	g_new=$found
	for g_name in $managed; do
		has_setting "$g_new" "$g_name" || continue
		! has_setting "$g_old" "$g_name" || ! is_same_setting "$g_new" "$g_old" "$g_name" || continue
		! has_setting "$g_live" "$g_name" || ! is_same_setting "$g_new" "$g_live" "$g_name" || continue
		is_rest_of_live "$g_name" || {
			reason="it says that $g_name had another value than it has"
			return 1
		}
	done
}

# Whether the setting $1 of `g_new` are the tables that the live one has behind relayconf's.
is_rest_of_live() {
	case $1 in
	transport_maps) g_table=transport ;;
	sender_dependent_default_transport_maps) g_table=senders ;;
	smtp_generic_maps) g_table=generic ;;
	smtp_sasl_password_maps) g_table=sasl_passwd ;;
	smtp_tls_policy_maps) g_table=tls_policy ;;
	*) return 1 ;;
	esac
	read_setting "$g_live" "$1"
	split_list "$value" "$g_table"
	g_wanted=$g_rest
	read_setting "$g_new" "$1"
	split_list "$value" "$g_table"
	[ "$g_rest" = "$g_wanted" ]
}
