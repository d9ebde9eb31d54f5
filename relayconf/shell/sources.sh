# shellcheck shell=sh disable=SC2034  # other parts use what is set here
# In an MTA's place: files by their absolute path, which observe.sh is asked for as `source:PATH`.

mta_parameter() { :; }

mta_facts() { :; }

mta_resolve() {
	path=${1#source:} may_lack=yes
}
