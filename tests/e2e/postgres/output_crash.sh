#!/usr/bin/env bash
# --output FILE with a checkpoint: file and position move together, so after any crash every line
# stands there once, whole.
. "$CDC_TEST_SUPPORT/output.sh"
start_output

# Killed before anything but the beginning is remembered.
kill_with_unremembered 3
check_eq "$(jq -c '[.committed_event_count, .output.path, .output.size]' "$checkpoint")" \
  "[0,\"$file\",0]" 'remembered at the beginning'
check_whole "$file"
continue_file
check_whole "$file"
check_contains "$(<"$(err again)")" "B off output file '$file': the lines behind the last commit come"

# Killed behind a commit, and the last line is torn.
kill_with_unremembered 4
truncate -s -20 "$file"
continue_file
check_whole "$file"
check_eq "$(jq .output.size "$checkpoint")" "$(stat -c %s "$file")" 'the remembered size'
check_eq "$(jq .committed_event_count "$checkpoint")" 7 committed_event_count

# A file that is shorter than remembered has lost lines: nothing is written.
cp --preserve=all "$file" "$WORK/whole"
truncate -s -20 "$file"
was_remembered=$(remembered)
insert 1
run again cdcctl "${to_file[@]}" --until now
check_status 5
check_contains "$(<"$(err again)")" "cdcctl: error: output file '$file' has"
check_contains "$(<"$(err again)")" 'lines that were delivered are missing'
check_contains "$(<"$(err again)")" 'hint: restore the file, or move it away to begin a new one'
check_eq "$(remembered)" "$was_remembered" remembered
cat "$WORK/whole" >"$file"
continue_file
check_whole "$file"

# A second writer is refused, and the first one goes on.
spawn first cdcctl "${to_file[@]}"
insert 2
wait_for_out
run second cdcctl tail postgres "$PG_CONNINFO" --publication p --output "$file"
check_status 4
check_contains "$(<"$(err second)")" "output file '$file' is being written by another process"
check_contains "$(<"$(err second)")" "hint: end that process (fuser $file names it)"
insert 2
wait_for_out
stop_process first
check_status 0
check_whole "$file"
check_eq "$(jq .output.size "$checkpoint")" "$(stat -c %s "$file")" 'the remembered size'
