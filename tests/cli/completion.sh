#!/bin/sh
# Both shells complete commands, options, kinds and results folders, from the program's own tables.
# shellcheck source=tests/cli/lib.inc
. "$(dirname "$0")/lib.inc"

mkdir -p results/measured
"$idim" --completion bash >completion
"$idim" --completion zsh >_idim
check "without a word it is for bash" sh -c '"$0" --completion | cmp - completion' "$idim"
check "another shell is refused" refused 2 "say bash or zsh" "$idim" --completion fish

# ---------------------------------------------------------------- bash: WORD... and what is completed of the last
cat >complete.bash <<'END_BASH'
. ./completion
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_idim
echo "${COMPREPLY[@]}"
END_BASH
bash_says() {
    want=$1
    shift
    said=$(bash complete.bash "$@") && [ "$said" = "$want" ] || { echo "said: $said" && false; }
}
check "bash: commands" bash_says "spectra" idim spe
check "bash: options" bash_says --epochs idim train --epo
check "bash: kinds behind their option" bash_says "fastfood" idim d90 --space fa
check "bash: kinds behind =" bash_says "fastfood" idim d90 --space = fa
check "bash: words of an option" bash_says "column" idim plot --width co
check "bash: a value that nothing is known of is no option" bash_says "" idim train --epochs --da
check "bash: tables and kinds of list" bash_says "spaces sparse" idim list spa
check "bash: results folders" bash_says measured idim show me
check "bash: files" bash_says complete.bash idim inspect complete

# ---------------------------------------------------------------- zsh: keys as they are typed, in a terminal of its own
command -v zsh >/dev/null || {
    echo "skipped: completion in zsh: zsh is not installed"
    exit "$bad"
}
cat >world.zsh <<'END_ZSH'
fpath=($PWD $fpath)
autoload -U compinit
compinit -u -d ./zcompdump
unsetopt beep
idim() { print -r -- "typed: $* :end" }
END_ZSH
cat >type.zsh <<'END_ZSH'
zmodload zsh/zpty
zpty shell TERM=dumb zsh -f -i
zpty -w shell '. ./world.zsh'
zpty -w -n shell "$1"$'\t\n'
zpty -r shell said '*typed: * :end*'
print -r -- ${${said##*typed: }%% :end*}
END_ZSH
zsh_says() {
    said=$(timeout 60 zsh -f type.zsh "$2") && [ "$said" = "$1" ] || { echo "said: $said" && false; }
}
check "zsh: commands" zsh_says spectra "idim spe"
check "zsh: options" zsh_says "train --epochs" "idim train --epo"
check "zsh: kinds behind their option" zsh_says "d90 --space fastfood" "idim d90 --space fa"
check "zsh: kinds behind =" zsh_says "d90 --space=fastfood" "idim d90 --space=fa"
check "zsh: the outer of two spaces" zsh_says "d90 --space fastfood@adalora" "idim d90 --space fastfood@ada"
check "zsh: words of an option" zsh_says "plot --width column" "idim plot --width co"
check "zsh: kinds of list" zsh_says "list fastfood" "idim list fastf"
check "zsh: results folders" zsh_says "show measured" "idim show me"
check "zsh: files" zsh_says "inspect complete.bash" "idim inspect complete."
exit "$bad"
