#!/usr/bin/env bash
# timeout: 1200
# Killed at random moments under write load, through a pipe to a consumer that stores what it has at
# every fortieth line or so, in the middle of transactions too, acknowledges it, and loses the rest
# when it is cut off: what it stored is complete.
. "$CDC_TEST_SUPPORT/crash_loop.sh"

# consume ACKS: whole lines only; the file holds acknowledged lines alone.
consume() {
  perl -e '
    srand($ARGV[0]);
    open(my $lines, ">>", $ARGV[1]) or die;
    open(my $acks, ">>", $ARGV[2]) or die;
    $SIG{PIPE} = "IGNORE";
    my $held = "";
    while (my $line = <STDIN>) {
      last unless $line =~ /"pos":"([^"]*)".*\n\z/;
      $held .= $line;
      next unless rand() < 0.025;
      syswrite($lines, $held);
      syswrite($acks, "$1\n");
      $held = "";
    }
    ' $RANDOM "$WORK/lines" "$1"
  touch "$WORK/consumed"
}

with_acks_in_file() {
  exec cdcctl "${resume[@]}" --ack "file:$WORK/acks" "$@" > >(consume "$WORK/acks")
}

with_acks_in_pipe() {
  exec cdcctl "${resume[@]}" --ack fd:3 "$@" 3<>"$WORK/fifo" > >(consume "$WORK/fifo")
}

mkfifo "$WORK/fifo"
start_load
for ((killed = 0; killed < kills; killed++)); do
  way=file
  if ((RANDOM % 2)); then way=pipe; fi
  spawn tail with_acks_in_$way --commit-interval "$((RANDOM % 100))ms"
  kill_tail
  wait_until 10 '[[ -e $WORK/consumed ]]'
  rm "$WORK/consumed"
done
check_appended
