#!/usr/bin/perl
# Inspects semaphore sets, removes some and writes a journal entry, since Node cannot call semctl(2).
# Loads no module, for it runs before httpd starts: strict.pm alone would cost more than asking about a hundred sets.
#
# Reads stdin, writes stdout, in three parts (semaphore-tool.ts is the other end). All of a part is read before it is answered, so
# that neither end waits for the other to read. With an argument, it prints its pid before the first part.
#   ask     IDs, one a line, then ".": the last user of each set and the number of waiting processes. The answers are in the
#           order of the IDs, a line for each run of equal ones: how many, last pid, waiters; "." at the end. The last pid is
#           -1 if the kernel does not report it.
#   remove  IDs, one a line, then ".": a line for each set that cannot be removed, then "done". A set that is gone is no error: two guards may remove it.
#   entry   the lines of a journal entry, then ".": "sent", or the error; "end" after it. Without ".": no output.

# linux/sem.h, linux/ipc.h and errno.h: the same on every architecture.
sub IPC_RMID () { 0 }
sub GETPID ()   { 11 }
sub GETNCNT ()  { 14 }
sub GETZCNT ()  { 15 }
sub ENOENT ()   { 2 }
sub EINVAL ()   { 22 }

# linux/socket.h and linux/net.h (other numbers on MIPS alone, for which there is no Node).
sub AF_UNIX ()      { 1 }
sub SOCK_DGRAM ()   { 2 }
sub MSG_DONTWAIT () { 0x40 }

# journald's own socket (systemd: docs/JOURNAL_NATIVE_PROTOCOL.md).
sub JOURNAL () { "/run/systemd/journal/socket" }

$\ = "\n";
# Each part of the output is one print.
$| = 1;

print $$ if @ARGV;
answer_questions();
remove_sets();
send_entry();

sub answer_questions {
  my $answers = "";
  my ($run, $run_pid, $run_waiters) = (0, 0, 0);
  while (my $line = <STDIN>) {
    last if $line eq ".\n";
    my $id = $line + 0;
    my $pid = semctl($id, 0, GETPID, 0);
    my $increase = semctl($id, 0, GETNCNT, 0);
    my $zero = semctl($id, 0, GETZCNT, 0);
    my $is_known = defined $pid && defined $increase && defined $zero;
    # Perl has "0 but true" for a result of 0.
    my $waiters = $is_known ? $increase + $zero : 0;
    $pid = $is_known ? $pid + 0 : -1;
    if ($pid != $run_pid || $waiters != $run_waiters) {
      $answers .= "$run $run_pid $run_waiters\n" if $run;
      ($run, $run_pid, $run_waiters) = (0, $pid, $waiters);
    }
    $run++;
  }
  $answers .= "$run $run_pid $run_waiters\n" if $run;
  print "$answers.";
}

sub remove_sets {
  my $errors = "";
  while (my $line = <STDIN>) {
    last if $line eq ".\n";
    my $id = $line + 0;
    my $is_gone = defined semctl($id, 0, IPC_RMID, 0) || $! == EINVAL;
    $errors .= "set $id cannot be removed: $!\n" unless $is_gone;
  }
  print "${errors}done";
}

# One datagram without waiting, since journald may hang. Without journald that is no error, as for sd_journal_send(3).
# A logger(1) would cost httpd's start 3 ms of 65, this costs 1.
sub send_entry {
  my ($entry, $line) = ("", "");
  $entry .= $line while defined($line = <STDIN>) && $line ne ".\n";
  return unless defined $line;
  my $address = pack("Sa*", AF_UNIX, JOURNAL);
  my $socket;
  my $is_sent = socket($socket, AF_UNIX, SOCK_DGRAM, 0) && send($socket, $entry, MSG_DONTWAIT, $address);
  my $result = $is_sent || $! == ENOENT ? "sent" : "cannot write to journald: $!";
  print "$result\nend";
}
