# FORMAT.md as a man page: a table is wider than a terminal, so its rows become a list of terms.
/^# / { print "# DESCRIPTION"; next }
/^\|/ {
  if (!rows++ || /^\|[-|]+$/) next
  gsub(/^\| | \|$/, "")
  count = split($0, cell, / \| /)
  printf "**%s**\n:   %s", cell[1], cell[2]
  for (i = 3; i <= count; i++) if (cell[i] != "") printf " (%s)", cell[i]
  print "\n"
  next
}
{ rows = 0; print }
