# bash completion of cdcctl, made by: cdcctl completion bash

# The commands and flags that can follow a command.
_cdcctl_words() {
  case $1 in
    '') echo 'tail lease force-reset-checklist completion -h --help --version -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'tail') echo 'postgres -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'tail postgres') echo '--host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout --slot --publication --create-slot --temporary-slot --failover --create-publication --origin --tables --exclude-tables --columns --exclude-columns --ops --emit --from --until --max-events --for --idle-exit --decimal --binary --pretty --output --rotate-size --name --checkpoint --commit-interval --ack --accept-server-change --retry-max --retry-backoff --stall-timeout --stats -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'lease') echo 'show clear -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'lease show') echo '--json -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'lease clear') echo '--force --host --json -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'force-reset-checklist') echo '--change-ticket --snapshot-backed-up --downstream-paused --slot-impact-reviewed --rollback-plan-ready -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'completion') echo '-h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
  esac
}

# What the value of a flag is; with an empty flag, what the command's argument is.
_cdcctl_value() {
  case "$1|$2" in
    '|--log-format') echo 'text json' ;;
    '|--log-file') echo '@file' ;;
    '|--color') echo 'auto always never' ;;
    '|--config') echo '@file' ;;
    'tail|--log-format') echo 'text json' ;;
    'tail|--log-file') echo '@file' ;;
    'tail|--color') echo 'auto always never' ;;
    'tail|--config') echo '@file' ;;
    'tail postgres|') echo '@any' ;;
    'tail postgres|--host') echo '@any' ;;
    'tail postgres|--port') echo '@any' ;;
    'tail postgres|--user') echo '@any' ;;
    'tail postgres|--database') echo '@any' ;;
    'tail postgres|--password-file') echo '@file' ;;
    'tail postgres|--password-env') echo '@any' ;;
    'tail postgres|--password') echo '@any' ;;
    'tail postgres|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'tail postgres|--tls-ca') echo '@file' ;;
    'tail postgres|--tls-cert') echo '@file' ;;
    'tail postgres|--tls-key') echo '@file' ;;
    'tail postgres|--connect-timeout') echo '@any' ;;
    'tail postgres|--slot') echo '@any' ;;
    'tail postgres|--publication') echo '@any' ;;
    'tail postgres|--origin') echo 'any none' ;;
    'tail postgres|--tables') echo '@any' ;;
    'tail postgres|--exclude-tables') echo '@any' ;;
    'tail postgres|--columns') echo '@any' ;;
    'tail postgres|--exclude-columns') echo '@any' ;;
    'tail postgres|--ops') echo '@any' ;;
    'tail postgres|--emit') echo '@any' ;;
    'tail postgres|--from') echo '@any' ;;
    'tail postgres|--until') echo '@any' ;;
    'tail postgres|--max-events') echo '@any' ;;
    'tail postgres|--for') echo '@any' ;;
    'tail postgres|--idle-exit') echo '@any' ;;
    'tail postgres|--decimal') echo 'string number' ;;
    'tail postgres|--binary') echo 'base64 hex' ;;
    'tail postgres|--output') echo '@file' ;;
    'tail postgres|--rotate-size') echo '@any' ;;
    'tail postgres|--name') echo '@any' ;;
    'tail postgres|--checkpoint') echo '@dir' ;;
    'tail postgres|--commit-interval') echo '@any' ;;
    'tail postgres|--ack') echo '@any' ;;
    'tail postgres|--retry-max') echo '@any' ;;
    'tail postgres|--retry-backoff') echo '@any' ;;
    'tail postgres|--stall-timeout') echo '@any' ;;
    'tail postgres|--stats') echo '@any' ;;
    'tail postgres|--log-format') echo 'text json' ;;
    'tail postgres|--log-file') echo '@file' ;;
    'tail postgres|--color') echo 'auto always never' ;;
    'tail postgres|--config') echo '@file' ;;
    'lease|--log-format') echo 'text json' ;;
    'lease|--log-file') echo '@file' ;;
    'lease|--color') echo 'auto always never' ;;
    'lease|--config') echo '@file' ;;
    'lease show|') echo '@dir' ;;
    'lease show|--log-format') echo 'text json' ;;
    'lease show|--log-file') echo '@file' ;;
    'lease show|--color') echo 'auto always never' ;;
    'lease show|--config') echo '@file' ;;
    'lease clear|') echo '@dir' ;;
    'lease clear|--host') echo '@any' ;;
    'lease clear|--log-format') echo 'text json' ;;
    'lease clear|--log-file') echo '@file' ;;
    'lease clear|--color') echo 'auto always never' ;;
    'lease clear|--config') echo '@file' ;;
    'force-reset-checklist|--change-ticket') echo '@any' ;;
    'force-reset-checklist|--log-format') echo 'text json' ;;
    'force-reset-checklist|--log-file') echo '@file' ;;
    'force-reset-checklist|--color') echo 'auto always never' ;;
    'force-reset-checklist|--config') echo '@file' ;;
    'completion|') echo 'bash zsh fish' ;;
    'completion|--log-format') echo 'text json' ;;
    'completion|--log-file') echo '@file' ;;
    'completion|--color') echo 'auto always never' ;;
    'completion|--config') echo '@file' ;;
  esac
}

_cdcctl() {
  local current=${COMP_WORDS[COMP_CWORD]} path='' pending='' word value i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $pending ]]; then
      pending=''
    elif [[ $word == -* ]]; then
      [[ -n $(_cdcctl_value "$path" "$word") ]] && pending=$word
    elif [[ -n $(_cdcctl_words "${path:+$path }$word") ]]; then
      path=${path:+$path }$word
    fi
  done
  if [[ $current == '=' ]]; then
    current=''
  fi
  if [[ -z $pending && $current == -* ]]; then
    value=$(_cdcctl_words "$path")
  elif [[ -n $pending ]]; then
    value=$(_cdcctl_value "$path" "$pending")
  else
    value=$(_cdcctl_value "$path" '')
    [[ -z $value ]] && value=$(_cdcctl_words "$path")
  fi
  case $value in
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    @dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    @any) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$value" -- "$current") ;;
  esac
}

complete -F _cdcctl cdcctl
