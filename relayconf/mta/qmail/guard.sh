# shellcheck shell=sh disable=SC2154  # other parts set what this one uses
# What the helper lets be written of qmail. Its control files name hosts, which is what they are for, and no programs.

mta_may_write() {
	case " $writable " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

mta_guard() { :; }
