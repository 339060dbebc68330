#!/usr/bin/env bash
# --output over --rotate-size, logrotate (move, SIGHUP) and a foreign file in its place: all files
# together hold every line once, also after a crash.
. "$CDC_TEST_SUPPORT/output.sh"
start_output
rotating=(--rotate-size 1KiB)

# rotated: the files that were rotated away, the oldest first, in $files; the current one last.
rotated() {
  mapfile -t files < <(find "$WORK" -name "${file##*/}.2*" ! -name '*.repeated*' | sort -V)
  files+=("$file")
}

# Rotated at whole lines, the same number of bytes each time.
insert 20
continue_file "${rotating[@]}"
rotated
check_eq "${#files[@]}" 4 'files of 20 rows'
check_whole "${files[@]}"
for name in "${files[@]}"; do
  check_eq "$(wc -l <"$name")" 5 "lines in $name"
  check_eq "$(tail -c 1 "$name")" '' "the end of $name"
done

# Killed with files begun since the last commit: it goes on in the file of that commit.
kill_with_unremembered 20 "${rotating[@]}"
continue_file "${rotating[@]}"
rotated
check_whole "${files[@]}"
check_contains "$(<"$(err again)")" 'were written after the last commit and come again; moved to'
check_contains "$(<"$(err again)")" 'hint: compare it with the new lines before it is removed'
compgen -G "$file*.repeated*" >/dev/null || fail 'nothing was set aside'

# logrotate: moved, then SIGHUP. What comes before the signal is in the old file.
spawn tail cdcctl "${to_file[@]}"
insert 2
wait_for_out
mv "$file" "$WORK/moved"
insert 2
wait_until 10 '[[ $(tail -n 1 "$WORK/moved") == *\"id\":$((next - 1)),* ]]'
signal_process tail HUP
wait_until 10 '[[ -f $file ]]'
insert 2
wait_for_out
stop_process tail
check_status 0
check_contains "$(<"$(err tail)")" "info: reopened output file '$file'"
rotated
check_whole "${files[@]::${#files[@]}-1}" "$WORK/moved" "$file"

# Another file in its place is appended to, behind a line that it ends torn.
mv "$file" "$WORK/moved2"
printf '{"after":{"id":-1}}\n{"after":' >"$file"
insert 2
continue_file
check_contains "$(<"$(err again)")" \
  "warning: output file '$file' is not the file that the checkpoint remembers: appending to it"
check_contains "$(<"$(err again)")" \
  "hint: lines behind the last commit may stand in the old file as well"
check_contains "$(<"$(err again)")" 'ends in the middle of a line: the next one begins behind it'
check_eq "$(sed 2d "$file" | jq .after.id | xargs)" "-1 $((next - 2)) $((next - 1))" 'appended rows'
