#!/usr/bin/env perl
# Folds change lines into rows, one line each on stdout: `schema.table`, tab, JSON with sorted keys.
# usage: fold.pl FILE...            lines of `tail`
#        fold.pl --rows TABLE       rows as JSON on stdin, written in the same form
#
# With a key the last line of a row wins. An update leaves out what it did not change: that is what
# the row of the new key has, else what the row of the old key has (man cdcctl-format). Without a key
# a table is a bag.
use strict;
use warnings;
use JSON::PP;

my $json = JSON::PP->new->canonical->utf8->allow_nonref->allow_bignum;
# Numbers as they are written, so that 1.0 is not 1.
sub text { return $json->encode($_[0]) }

if (@ARGV and $ARGV[0] eq '--rows') {
  my $table = $ARGV[1];
  while (my $line = <STDIN>) { print "$table\t", text(plain($json->decode($line))), "\n" }
  exit 0;
}

# Leaves as strings: the server's to_jsonb and our lines differ in what is quoted.
sub plain {
  my ($value) = @_;
  return { map { $_ => plain($value->{$_}) } keys %$value } if ref $value eq 'HASH';
  return [ map { plain($_) } @$value ] if ref $value eq 'ARRAY';
  return defined $value ? "$value" : undef;
}

my %keyed;    # table -> key -> row
my %bags;     # table -> row as text -> count
while (my $line = <>) {
  my $change = $json->decode($line);
  my $op = $change->{op};
  next unless exists $change->{table};
  my $table = ($change->{schema} // $change->{db}) . ".$change->{table}";
  if ($op eq 'truncate') {
    delete $keyed{$table};
    delete $bags{$table};
    next;
  }
  my $after = defined $change->{after} ? plain($change->{after}) : undef;
  if (!exists $change->{key}) {
    my $bag = $bags{$table} //= {};
    if (defined $change->{before}) {
      my $before = text(plain($change->{before}));
      delete $bag->{$before} if exists $bag->{$before} and --$bag->{$before} == 0;
    }
    $bag->{text($after)}++ if defined $after;
    next;
  }
  my $rows = $keyed{$table} //= {};
  my $old = text(plain($change->{key}));
  if ($op eq 'delete') {
    delete $rows->{$old};
    next;
  }
  my $new = text({ map { $_ => $after->{$_} } keys %{ $change->{key} } });
  my $known = $rows->{$new} // $rows->{$old};
  for my $name (@{ $change->{unchanged} // [] }) {
    $after->{$name} = $known->{$name} if defined $known and exists $known->{$name};
  }
  delete $rows->{$old} if $op eq 'update' and $old ne $new;
  $rows->{$new} = $after;
}
for my $table (keys %keyed) {
  print "$table\t", text($_), "\n" for values %{ $keyed{$table} };
}
for my $table (keys %bags) {
  for my $row (keys %{ $bags{$table} }) { print "$table\t$row\n" x $bags{$table}{$row} }
}
