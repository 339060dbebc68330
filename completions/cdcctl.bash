# bash completion of cdcctl, made by: cdcctl completion bash

# The commands and flags that can follow a command.
_cdcctl_words() {
  case $1 in
    '') echo 'tail checkpoint binlog slot lease force-reset-checklist completion -h --help --version -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'tail') echo 'mysql mariadb postgres -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'tail mysql') echo '--host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout --server-id --gtid --on-schema-mismatch --files --on-statement --lock --checkpoint --tables --exclude-tables --columns --exclude-columns --ops --emit --snapshot --snapshot-tables --snapshot-parallel --from --until --max-events --for --idle-exit --format --decimal --binary --debezium-decimal --debezium-time --debezium-key --debezium-tombstones --debezium-transaction --pretty --output --rotate-size --name --commit-interval --ack --accept-server-change --memory-limit --spill-dir --retry-max --retry-backoff --stall-timeout --stats -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'tail mariadb') echo '--host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout --server-id --gtid --on-schema-mismatch --files --on-statement --lock --checkpoint --tables --exclude-tables --columns --exclude-columns --ops --emit --snapshot --snapshot-tables --snapshot-parallel --from --until --max-events --for --idle-exit --format --decimal --binary --debezium-decimal --debezium-time --debezium-key --debezium-tombstones --debezium-transaction --pretty --output --rotate-size --name --commit-interval --ack --accept-server-change --memory-limit --spill-dir --retry-max --retry-backoff --stall-timeout --stats -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'tail postgres') echo '--host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout --slot --publication --create-slot --temporary-slot --failover --create-publication --two-phase --protocol --origin --binary-transfer --heartbeat --heartbeat-table --checkpoint --tables --exclude-tables --columns --exclude-columns --ops --emit --snapshot --snapshot-tables --snapshot-parallel --from --until --max-events --for --idle-exit --format --decimal --binary --debezium-decimal --debezium-time --debezium-key --debezium-tombstones --debezium-transaction --pretty --output --rotate-size --name --commit-interval --ack --accept-server-change --memory-limit --spill-dir --retry-max --retry-backoff --stall-timeout --stats -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'checkpoint') echo 'inspect validate rewrite -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'checkpoint inspect') echo '--json -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'checkpoint validate') echo '--json --against --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'checkpoint rewrite') echo '--lsn --slot --pos --current --accept-gap --accept-server-change --dry-run --json --source-type --against --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'binlog') echo 'purge-safe status -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'binlog purge-safe') echo '--checkpoint --yes --json --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'binlog status') echo '--checkpoint --json --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'slot') echo 'create drop list status -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'slot create') echo '--slot --if-not-exists --failover --two-phase --json --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'slot drop') echo '--slot --yes --json --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'slot list') echo '--slot --watch --interval --json --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'slot status') echo '--slot --watch --interval --json --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout --warn-bytes -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'lease') echo 'show clear -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'lease show') echo '--json -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'lease clear') echo '--force --host --json -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
    'force-reset-checklist') echo '--change-ticket --snapshot-backed-up --downstream-paused --slot-impact-reviewed --rollback-plan-ready --checkpoint --against --host --port --user --database --password-file --password-env --password --tls --tls-ca --tls-cert --tls-key --connect-timeout -h --help -q --quiet -v --verbose --log-format --log-file --color --config --print-config' ;;
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
    'tail mysql|') echo '@any' ;;
    'tail mysql|--host') echo '@any' ;;
    'tail mysql|--port') echo '@any' ;;
    'tail mysql|--user') echo '@any' ;;
    'tail mysql|--database') echo '@any' ;;
    'tail mysql|--password-file') echo '@file' ;;
    'tail mysql|--password-env') echo '@any' ;;
    'tail mysql|--password') echo '@any' ;;
    'tail mysql|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'tail mysql|--tls-ca') echo '@file' ;;
    'tail mysql|--tls-cert') echo '@file' ;;
    'tail mysql|--tls-key') echo '@file' ;;
    'tail mysql|--connect-timeout') echo '@any' ;;
    'tail mysql|--server-id') echo '@any' ;;
    'tail mysql|--gtid') echo 'auto on off' ;;
    'tail mysql|--on-schema-mismatch') echo 'fail warn' ;;
    'tail mysql|--files') echo '@file' ;;
    'tail mysql|--on-statement') echo 'fail warn' ;;
    'tail mysql|--lock') echo 'auto none brief' ;;
    'tail mysql|--checkpoint') echo '@dir' ;;
    'tail mysql|--tables') echo '@any' ;;
    'tail mysql|--exclude-tables') echo '@any' ;;
    'tail mysql|--columns') echo '@any' ;;
    'tail mysql|--exclude-columns') echo '@any' ;;
    'tail mysql|--ops') echo '@any' ;;
    'tail mysql|--emit') echo '@any' ;;
    'tail mysql|--snapshot') echo 'never initial only when-needed' ;;
    'tail mysql|--snapshot-tables') echo '@any' ;;
    'tail mysql|--snapshot-parallel') echo '@any' ;;
    'tail mysql|--from') echo '@any' ;;
    'tail mysql|--until') echo '@any' ;;
    'tail mysql|--max-events') echo '@any' ;;
    'tail mysql|--for') echo '@any' ;;
    'tail mysql|--idle-exit') echo '@any' ;;
    'tail mysql|--format') echo 'native debezium wal2json maxwell' ;;
    'tail mysql|--decimal') echo 'string number' ;;
    'tail mysql|--binary') echo 'base64 hex' ;;
    'tail mysql|--debezium-decimal') echo 'precise double string' ;;
    'tail mysql|--debezium-time') echo 'adaptive adaptive_time_microseconds connect isostring microseconds nanoseconds' ;;
    'tail mysql|--output') echo '@file' ;;
    'tail mysql|--rotate-size') echo '@any' ;;
    'tail mysql|--name') echo '@any' ;;
    'tail mysql|--commit-interval') echo '@any' ;;
    'tail mysql|--ack') echo '@any' ;;
    'tail mysql|--memory-limit') echo '@any' ;;
    'tail mysql|--spill-dir') echo '@dir' ;;
    'tail mysql|--retry-max') echo '@any' ;;
    'tail mysql|--retry-backoff') echo '@any' ;;
    'tail mysql|--stall-timeout') echo '@any' ;;
    'tail mysql|--stats') echo '@any' ;;
    'tail mysql|--log-format') echo 'text json' ;;
    'tail mysql|--log-file') echo '@file' ;;
    'tail mysql|--color') echo 'auto always never' ;;
    'tail mysql|--config') echo '@file' ;;
    'tail mariadb|') echo '@any' ;;
    'tail mariadb|--host') echo '@any' ;;
    'tail mariadb|--port') echo '@any' ;;
    'tail mariadb|--user') echo '@any' ;;
    'tail mariadb|--database') echo '@any' ;;
    'tail mariadb|--password-file') echo '@file' ;;
    'tail mariadb|--password-env') echo '@any' ;;
    'tail mariadb|--password') echo '@any' ;;
    'tail mariadb|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'tail mariadb|--tls-ca') echo '@file' ;;
    'tail mariadb|--tls-cert') echo '@file' ;;
    'tail mariadb|--tls-key') echo '@file' ;;
    'tail mariadb|--connect-timeout') echo '@any' ;;
    'tail mariadb|--server-id') echo '@any' ;;
    'tail mariadb|--gtid') echo 'auto on off' ;;
    'tail mariadb|--on-schema-mismatch') echo 'fail warn' ;;
    'tail mariadb|--files') echo '@file' ;;
    'tail mariadb|--on-statement') echo 'fail warn' ;;
    'tail mariadb|--lock') echo 'auto none brief' ;;
    'tail mariadb|--checkpoint') echo '@dir' ;;
    'tail mariadb|--tables') echo '@any' ;;
    'tail mariadb|--exclude-tables') echo '@any' ;;
    'tail mariadb|--columns') echo '@any' ;;
    'tail mariadb|--exclude-columns') echo '@any' ;;
    'tail mariadb|--ops') echo '@any' ;;
    'tail mariadb|--emit') echo '@any' ;;
    'tail mariadb|--snapshot') echo 'never initial only when-needed' ;;
    'tail mariadb|--snapshot-tables') echo '@any' ;;
    'tail mariadb|--snapshot-parallel') echo '@any' ;;
    'tail mariadb|--from') echo '@any' ;;
    'tail mariadb|--until') echo '@any' ;;
    'tail mariadb|--max-events') echo '@any' ;;
    'tail mariadb|--for') echo '@any' ;;
    'tail mariadb|--idle-exit') echo '@any' ;;
    'tail mariadb|--format') echo 'native debezium wal2json maxwell' ;;
    'tail mariadb|--decimal') echo 'string number' ;;
    'tail mariadb|--binary') echo 'base64 hex' ;;
    'tail mariadb|--debezium-decimal') echo 'precise double string' ;;
    'tail mariadb|--debezium-time') echo 'adaptive adaptive_time_microseconds connect isostring microseconds nanoseconds' ;;
    'tail mariadb|--output') echo '@file' ;;
    'tail mariadb|--rotate-size') echo '@any' ;;
    'tail mariadb|--name') echo '@any' ;;
    'tail mariadb|--commit-interval') echo '@any' ;;
    'tail mariadb|--ack') echo '@any' ;;
    'tail mariadb|--memory-limit') echo '@any' ;;
    'tail mariadb|--spill-dir') echo '@dir' ;;
    'tail mariadb|--retry-max') echo '@any' ;;
    'tail mariadb|--retry-backoff') echo '@any' ;;
    'tail mariadb|--stall-timeout') echo '@any' ;;
    'tail mariadb|--stats') echo '@any' ;;
    'tail mariadb|--log-format') echo 'text json' ;;
    'tail mariadb|--log-file') echo '@file' ;;
    'tail mariadb|--color') echo 'auto always never' ;;
    'tail mariadb|--config') echo '@file' ;;
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
    'tail postgres|--two-phase') echo 'at-commit at-prepare' ;;
    'tail postgres|--protocol') echo 'auto 1 2 3 4' ;;
    'tail postgres|--origin') echo 'any none' ;;
    'tail postgres|--heartbeat') echo '@any' ;;
    'tail postgres|--heartbeat-table') echo '@any' ;;
    'tail postgres|--checkpoint') echo '@dir' ;;
    'tail postgres|--tables') echo '@any' ;;
    'tail postgres|--exclude-tables') echo '@any' ;;
    'tail postgres|--columns') echo '@any' ;;
    'tail postgres|--exclude-columns') echo '@any' ;;
    'tail postgres|--ops') echo '@any' ;;
    'tail postgres|--emit') echo '@any' ;;
    'tail postgres|--snapshot') echo 'never initial only when-needed' ;;
    'tail postgres|--snapshot-tables') echo '@any' ;;
    'tail postgres|--snapshot-parallel') echo '@any' ;;
    'tail postgres|--from') echo '@any' ;;
    'tail postgres|--until') echo '@any' ;;
    'tail postgres|--max-events') echo '@any' ;;
    'tail postgres|--for') echo '@any' ;;
    'tail postgres|--idle-exit') echo '@any' ;;
    'tail postgres|--format') echo 'native debezium wal2json maxwell' ;;
    'tail postgres|--decimal') echo 'string number' ;;
    'tail postgres|--binary') echo 'base64 hex' ;;
    'tail postgres|--debezium-decimal') echo 'precise double string' ;;
    'tail postgres|--debezium-time') echo 'adaptive adaptive_time_microseconds connect isostring microseconds nanoseconds' ;;
    'tail postgres|--output') echo '@file' ;;
    'tail postgres|--rotate-size') echo '@any' ;;
    'tail postgres|--name') echo '@any' ;;
    'tail postgres|--commit-interval') echo '@any' ;;
    'tail postgres|--ack') echo '@any' ;;
    'tail postgres|--memory-limit') echo '@any' ;;
    'tail postgres|--spill-dir') echo '@dir' ;;
    'tail postgres|--retry-max') echo '@any' ;;
    'tail postgres|--retry-backoff') echo '@any' ;;
    'tail postgres|--stall-timeout') echo '@any' ;;
    'tail postgres|--stats') echo '@any' ;;
    'tail postgres|--log-format') echo 'text json' ;;
    'tail postgres|--log-file') echo '@file' ;;
    'tail postgres|--color') echo 'auto always never' ;;
    'tail postgres|--config') echo '@file' ;;
    'checkpoint|--log-format') echo 'text json' ;;
    'checkpoint|--log-file') echo '@file' ;;
    'checkpoint|--color') echo 'auto always never' ;;
    'checkpoint|--config') echo '@file' ;;
    'checkpoint inspect|') echo '@dir' ;;
    'checkpoint inspect|--log-format') echo 'text json' ;;
    'checkpoint inspect|--log-file') echo '@file' ;;
    'checkpoint inspect|--color') echo 'auto always never' ;;
    'checkpoint inspect|--config') echo '@file' ;;
    'checkpoint validate|') echo '@dir' ;;
    'checkpoint validate|--against') echo '@any' ;;
    'checkpoint validate|--host') echo '@any' ;;
    'checkpoint validate|--port') echo '@any' ;;
    'checkpoint validate|--user') echo '@any' ;;
    'checkpoint validate|--database') echo '@any' ;;
    'checkpoint validate|--password-file') echo '@file' ;;
    'checkpoint validate|--password-env') echo '@any' ;;
    'checkpoint validate|--password') echo '@any' ;;
    'checkpoint validate|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'checkpoint validate|--tls-ca') echo '@file' ;;
    'checkpoint validate|--tls-cert') echo '@file' ;;
    'checkpoint validate|--tls-key') echo '@file' ;;
    'checkpoint validate|--connect-timeout') echo '@any' ;;
    'checkpoint validate|--log-format') echo 'text json' ;;
    'checkpoint validate|--log-file') echo '@file' ;;
    'checkpoint validate|--color') echo 'auto always never' ;;
    'checkpoint validate|--config') echo '@file' ;;
    'checkpoint rewrite|') echo '@dir' ;;
    'checkpoint rewrite|--lsn') echo '@any' ;;
    'checkpoint rewrite|--slot') echo '@any' ;;
    'checkpoint rewrite|--pos') echo '@any' ;;
    'checkpoint rewrite|--source-type') echo '@any' ;;
    'checkpoint rewrite|--against') echo '@any' ;;
    'checkpoint rewrite|--host') echo '@any' ;;
    'checkpoint rewrite|--port') echo '@any' ;;
    'checkpoint rewrite|--user') echo '@any' ;;
    'checkpoint rewrite|--database') echo '@any' ;;
    'checkpoint rewrite|--password-file') echo '@file' ;;
    'checkpoint rewrite|--password-env') echo '@any' ;;
    'checkpoint rewrite|--password') echo '@any' ;;
    'checkpoint rewrite|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'checkpoint rewrite|--tls-ca') echo '@file' ;;
    'checkpoint rewrite|--tls-cert') echo '@file' ;;
    'checkpoint rewrite|--tls-key') echo '@file' ;;
    'checkpoint rewrite|--connect-timeout') echo '@any' ;;
    'checkpoint rewrite|--log-format') echo 'text json' ;;
    'checkpoint rewrite|--log-file') echo '@file' ;;
    'checkpoint rewrite|--color') echo 'auto always never' ;;
    'checkpoint rewrite|--config') echo '@file' ;;
    'binlog|--log-format') echo 'text json' ;;
    'binlog|--log-file') echo '@file' ;;
    'binlog|--color') echo 'auto always never' ;;
    'binlog|--config') echo '@file' ;;
    'binlog purge-safe|--checkpoint') echo '@dir' ;;
    'binlog purge-safe|') echo '@any' ;;
    'binlog purge-safe|--host') echo '@any' ;;
    'binlog purge-safe|--port') echo '@any' ;;
    'binlog purge-safe|--user') echo '@any' ;;
    'binlog purge-safe|--database') echo '@any' ;;
    'binlog purge-safe|--password-file') echo '@file' ;;
    'binlog purge-safe|--password-env') echo '@any' ;;
    'binlog purge-safe|--password') echo '@any' ;;
    'binlog purge-safe|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'binlog purge-safe|--tls-ca') echo '@file' ;;
    'binlog purge-safe|--tls-cert') echo '@file' ;;
    'binlog purge-safe|--tls-key') echo '@file' ;;
    'binlog purge-safe|--connect-timeout') echo '@any' ;;
    'binlog purge-safe|--log-format') echo 'text json' ;;
    'binlog purge-safe|--log-file') echo '@file' ;;
    'binlog purge-safe|--color') echo 'auto always never' ;;
    'binlog purge-safe|--config') echo '@file' ;;
    'binlog status|--checkpoint') echo '@dir' ;;
    'binlog status|') echo '@any' ;;
    'binlog status|--host') echo '@any' ;;
    'binlog status|--port') echo '@any' ;;
    'binlog status|--user') echo '@any' ;;
    'binlog status|--database') echo '@any' ;;
    'binlog status|--password-file') echo '@file' ;;
    'binlog status|--password-env') echo '@any' ;;
    'binlog status|--password') echo '@any' ;;
    'binlog status|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'binlog status|--tls-ca') echo '@file' ;;
    'binlog status|--tls-cert') echo '@file' ;;
    'binlog status|--tls-key') echo '@file' ;;
    'binlog status|--connect-timeout') echo '@any' ;;
    'binlog status|--log-format') echo 'text json' ;;
    'binlog status|--log-file') echo '@file' ;;
    'binlog status|--color') echo 'auto always never' ;;
    'binlog status|--config') echo '@file' ;;
    'slot|--log-format') echo 'text json' ;;
    'slot|--log-file') echo '@file' ;;
    'slot|--color') echo 'auto always never' ;;
    'slot|--config') echo '@file' ;;
    'slot create|--slot') echo '@any' ;;
    'slot create|') echo '@any' ;;
    'slot create|--host') echo '@any' ;;
    'slot create|--port') echo '@any' ;;
    'slot create|--user') echo '@any' ;;
    'slot create|--database') echo '@any' ;;
    'slot create|--password-file') echo '@file' ;;
    'slot create|--password-env') echo '@any' ;;
    'slot create|--password') echo '@any' ;;
    'slot create|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'slot create|--tls-ca') echo '@file' ;;
    'slot create|--tls-cert') echo '@file' ;;
    'slot create|--tls-key') echo '@file' ;;
    'slot create|--connect-timeout') echo '@any' ;;
    'slot create|--log-format') echo 'text json' ;;
    'slot create|--log-file') echo '@file' ;;
    'slot create|--color') echo 'auto always never' ;;
    'slot create|--config') echo '@file' ;;
    'slot drop|--slot') echo '@any' ;;
    'slot drop|') echo '@any' ;;
    'slot drop|--host') echo '@any' ;;
    'slot drop|--port') echo '@any' ;;
    'slot drop|--user') echo '@any' ;;
    'slot drop|--database') echo '@any' ;;
    'slot drop|--password-file') echo '@file' ;;
    'slot drop|--password-env') echo '@any' ;;
    'slot drop|--password') echo '@any' ;;
    'slot drop|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'slot drop|--tls-ca') echo '@file' ;;
    'slot drop|--tls-cert') echo '@file' ;;
    'slot drop|--tls-key') echo '@file' ;;
    'slot drop|--connect-timeout') echo '@any' ;;
    'slot drop|--log-format') echo 'text json' ;;
    'slot drop|--log-file') echo '@file' ;;
    'slot drop|--color') echo 'auto always never' ;;
    'slot drop|--config') echo '@file' ;;
    'slot list|--slot') echo '@any' ;;
    'slot list|--interval') echo '@any' ;;
    'slot list|') echo '@any' ;;
    'slot list|--host') echo '@any' ;;
    'slot list|--port') echo '@any' ;;
    'slot list|--user') echo '@any' ;;
    'slot list|--database') echo '@any' ;;
    'slot list|--password-file') echo '@file' ;;
    'slot list|--password-env') echo '@any' ;;
    'slot list|--password') echo '@any' ;;
    'slot list|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'slot list|--tls-ca') echo '@file' ;;
    'slot list|--tls-cert') echo '@file' ;;
    'slot list|--tls-key') echo '@file' ;;
    'slot list|--connect-timeout') echo '@any' ;;
    'slot list|--log-format') echo 'text json' ;;
    'slot list|--log-file') echo '@file' ;;
    'slot list|--color') echo 'auto always never' ;;
    'slot list|--config') echo '@file' ;;
    'slot status|--slot') echo '@any' ;;
    'slot status|--interval') echo '@any' ;;
    'slot status|') echo '@any' ;;
    'slot status|--host') echo '@any' ;;
    'slot status|--port') echo '@any' ;;
    'slot status|--user') echo '@any' ;;
    'slot status|--database') echo '@any' ;;
    'slot status|--password-file') echo '@file' ;;
    'slot status|--password-env') echo '@any' ;;
    'slot status|--password') echo '@any' ;;
    'slot status|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'slot status|--tls-ca') echo '@file' ;;
    'slot status|--tls-cert') echo '@file' ;;
    'slot status|--tls-key') echo '@file' ;;
    'slot status|--connect-timeout') echo '@any' ;;
    'slot status|--warn-bytes') echo '@any' ;;
    'slot status|--log-format') echo 'text json' ;;
    'slot status|--log-file') echo '@file' ;;
    'slot status|--color') echo 'auto always never' ;;
    'slot status|--config') echo '@file' ;;
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
    'force-reset-checklist|--checkpoint') echo '@dir' ;;
    'force-reset-checklist|--against') echo '@any' ;;
    'force-reset-checklist|--host') echo '@any' ;;
    'force-reset-checklist|--port') echo '@any' ;;
    'force-reset-checklist|--user') echo '@any' ;;
    'force-reset-checklist|--database') echo '@any' ;;
    'force-reset-checklist|--password-file') echo '@file' ;;
    'force-reset-checklist|--password-env') echo '@any' ;;
    'force-reset-checklist|--password') echo '@any' ;;
    'force-reset-checklist|--tls') echo 'disable prefer require verify-ca verify-full' ;;
    'force-reset-checklist|--tls-ca') echo '@file' ;;
    'force-reset-checklist|--tls-cert') echo '@file' ;;
    'force-reset-checklist|--tls-key') echo '@file' ;;
    'force-reset-checklist|--connect-timeout') echo '@any' ;;
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
