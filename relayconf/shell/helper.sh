# shellcheck shell=sh disable=SC2154  # what is baked in sets the rest
# The entrance: nothing of the caller's environment, folder or arguments gets further than this.

clean() {
	PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
	LC_ALL=C
	export PATH LC_ALL
	unset IFS CDPATH ENV BASH_ENV GLOBIGNORE POSIXLY_CORRECT TZ GZIP
	unset MAIL_CONFIG MAIL_DEBUG MAIL_VERBOSE MAIL_LOGTAG LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT
	for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
		case $name in
		# Some shells make these themselves, and end when they are to forget them.
		PATH | LC_ALL | PWD | OLDPWD | SHLVL | SHELLOPTS | BASHOPTS | UID | EUID | PPID | KSH_VERSION | _) ;;
		*) unset "$name" ;;
		esac
	done
	ulimit -f unlimited 2>/dev/null || :
	cd /
}

refuse() {
	echo "relayconf-helper: $1" >&2
	exit 2
}

# Run the task $1, when the SHA-256 of its script, as relayconf has it, is $2.
enter() {
	[ $# = 2 ] || refuse 'usage: relayconf-helper observe|deploy|undo|verify SHA256'
	case $1,$2 in
	"observe,$observe_digest" | "deploy,$deploy_digest" | "undo,$undo_digest" | "verify,$verify_digest") ;;
	observe,* | deploy,* | undo,* | verify,*)
		refuse "the helper on this host is of another version: install it again (\`relayconf helper HOST\`)"
		;;
	*) refuse 'usage: relayconf-helper observe|deploy|undo|verify SHA256' ;;
	esac
	echo "$mark"
	echo "$mark" >&2
	"run_$1"
}
