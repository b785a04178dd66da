#compdef umctl
# Completion of umctl for zsh. Use it by:  source <(umctl completion zsh)
_umctl() {
	local line
	local -a candidates
	while IFS= read -r line; do
		if [[ $line == :files ]]; then
			_files
			return
		fi
		# _describe takes a colon for the end of the candidate.
		candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	_describe umctl candidates
}
compdef _umctl umctl
