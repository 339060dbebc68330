#!/usr/bin/perl
# tcp_proxy.pl TARGET_PORT [EDIT...]: a TCP proxy on loopback that can do harm. Prints the port that
# it listens on. Needs nothing but perl-base.
#
# SIGUSR1 cuts every connection. An EDIT changes what the server sends on a replication connection
# (no TLS); it is made once, in the first message of pgoutput's type T (a letter; `frame` means the
# first CopyData with a change, whose byte 0 is the frame's own type):
#   T:cut:N        takes N bytes off its end
#   T:set:AT:HEX   puts the bytes HEX at byte AT of the message
#   T:raw:AT:HEX   the same, counted from the protocol's own type byte, before the length
#   T:hang-up:N    sends N bytes of it, then closes the connection
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($target, @edits) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16)
    or die "cannot listen: $!\n";
$| = 1;
print $listener->sockport, "\n";

my $cut = 0;
$SIG{USR1} = sub { $cut = 1 };
$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { exit 0 };

my $select = IO::Select->new($listener);
my %peer;         # socket -> the socket at the other side
my %from_server;  # socket of a server -> bytes that do not make a whole message yet

sub drop {
    my ($socket) = @_;
    my $other = delete $peer{$socket} or return;
    delete $peer{$other};
    delete $from_server{$_} for $socket, $other;
    for ($socket, $other) { $select->remove($_); $_->close; }
}

sub accept_client {
    my $client = $listener->accept or return;
    my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$target") or return $client->close;
    ($peer{$client}, $peer{$server}) = ($server, $client);
    $from_server{$server} = '';
    $select->add($client, $server);
}

# The edit that message `m` (type, length, body) has waited for, taken off the list.
sub edit_for {
    my ($m) = @_;
    return unless @edits && substr($m, 0, 1) eq 'd' && substr($m, 5, 1) eq 'w';
    my ($type) = split /:/, $edits[0];
    return unless $type eq 'frame' || substr($m, 30, 1) eq $type;
    return shift @edits;
}

sub put_bytes {
    my ($m, $at, $hex) = @_;
    my $bytes = pack 'H*', $hex;
    substr($m, $at, length $bytes) = $bytes;
    return $m;
}

# What to send in the place of message `m`, and whether to hang up then.
sub edited {
    my ($m) = @_;
    my $edit = edit_for($m) or return ($m, 0);
    my ($type, $verb, $at, $hex) = split /:/, $edit;
    my $begin = $type eq 'frame' ? 5 : 30;
    return (substr($m, 0, $at), 1) if $verb eq 'hang-up';
    return (put_bytes($m, $at, $hex), 0) if $verb eq 'raw';
    return (put_bytes($m, $begin + $at, $hex), 0) if $verb eq 'set';
    $m = substr($m, 0, length($m) - $at);
    return (put_bytes($m, 1, unpack('H*', pack('N', length($m) - 1))), 0);
}

sub send_all {
    my ($to, $bytes) = @_;
    while (length $bytes) {
        my $sent = syswrite $to, $bytes;
        return 0 unless $sent;
        substr($bytes, 0, $sent) = '';
    }
    return 1;
}

# Whole messages of the server, edited.
sub pass_messages {
    my ($server, $bytes) = @_;
    $from_server{$server} .= $bytes;
    while (length $from_server{$server} >= 5) {
        my $size = 1 + unpack 'N', substr($from_server{$server}, 1, 4);
        last if length $from_server{$server} < $size;
        my ($message, $hang_up) = edited(substr($from_server{$server}, 0, $size, ''));
        return drop($server) if !send_all($peer{$server}, $message) || $hang_up;
    }
}

while (1) {
    for my $socket ($select->can_read(0.05)) {
        if ($socket == $listener) { accept_client(); next; }
        next unless $peer{$socket};
        my $count = sysread $socket, my $bytes, 65536;
        if (!$count) { drop($socket); next; }
        if (@edits && exists $from_server{$socket} || length($from_server{$socket} // '')) {
            pass_messages($socket, $bytes);
        } else {
            drop($socket) unless send_all($peer{$socket}, $bytes);
        }
    }
    if ($cut) { $cut = 0; drop($_) for grep { defined } map { $peer{$_} } keys %peer; }
}
