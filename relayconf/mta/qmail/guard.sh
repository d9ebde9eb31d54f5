# shellcheck shell=sh disable=SC2015,SC2154  # `a && b || c` is meant; other parts set what this one uses
# What the helper lets be written of qmail. Its control files name hosts and users, which is what they are for, and no
# programs.

mta_may_write() {
	case $1 in
	qmail:tlshosts/*/*) return 1 ;;
	qmail:tlshosts/[!.]*.pem) return 0 ;;
	qmail:*) ;;
	*) return 1 ;;
	esac
	case " $writable " in
	*" $1 "*) return 0 ;;
	esac
	# What the inventory managed when this helper was made.
	case " ${managed-} " in
	*" ${1#qmail:} "*) ;;
	*) return 1 ;;
	esac
}

# Programs of qmail's are run as root to have its queue tried again, so its home has to be as safe as the files.
mta_guard() {
	home=$(cd -P "$home" && pwd -P) && trust_folder "$home" || return 1
	[ ! -d "$home/bin" ] || trust_folder "$(cd -P "$home/bin" && pwd -P)"
}
