#!/usr/bin/perl
# fuse-server FOLDER PROGRAM MODE_FILE UID allow|deny: mounts a file system at FOLDER with one file, "prog", the content of PROGRAM.
# Without libfuse, over /dev/fuse itself (linux/fuse.h). Before each answer MODE_FILE is read: "serve" answers, "hang" never does,
# "stale" answers ESTALE, "refuse" EACCES. With "deny", only UID may enter (fuse(4): allow_other is missing). Killed, it leaves a mount without a server (ENOTCONN).
use strict;
use warnings;

my ($folder, $program, $mode_file, $uid, $who) = @ARGV;
my $content = do { local $/; open my $file, "<", $program or die "$program: $!"; binmode $file; <$file> };
my $MOUNT = { x86_64 => 165, aarch64 => 40 }->{ (POSIX::uname())[4] };
BEGIN { require POSIX }

$^F = 100;
sysopen my $fuse, "/dev/fuse", 2 or die "/dev/fuse: $!";
my $options = "fd=" . fileno($fuse) . ",rootmode=40000,user_id=$uid,group_id=$uid" . ($who eq "allow" ? ",allow_other" : "");
my ($source, $type) = ("lab", "fuse");
syscall($MOUNT, $source, $folder, $type, 0, $options) == 0 or die "mount: $!";

sub attr {
  my ($node) = @_;
  my ($mode, $size) = $node == 1 ? (0040755, 0) : (0100755, length $content);
  return pack("Q6 L10", $node, $size, ($size + 511) >> 9, 0, 0, 0, 0, 0, 0, $mode, 1, $uid, $uid, 0, 4096, 0);
}

while (sysread($fuse, my $request, 1 << 20)) {
  my ($length, $opcode, $unique, $node) = unpack("L2 Q2", $request);
  my $body = substr($request, 40);
  # FORGET, INTERRUPT and BATCH_FORGET take no answer.
  next if $opcode == 2 || $opcode == 36 || $opcode == 42;
  open my $mode, "<", $mode_file or die "$mode_file: $!";
  chomp(my $now = <$mode> // "serve");
  close $mode;
  next if $now eq "hang" && $opcode != 26;
  my ($error, $answer) = (0, "");
  if ($opcode == 26) { $answer = pack("L4 S2 L2 S2 L8", 7, 31, 65536, 0, 16, 12, 65536, 1, 0, 0, (0) x 8) }
  elsif ($now eq "stale") { $error = -116 }
  elsif ($now eq "refuse") { $error = -13 }
  elsif ($opcode == 1) {
    if ($body =~ /^prog\0/) { $answer = pack("Q4 L2", 2, 0, 0, 0, 0, 0) . attr(2) }
    else                    { $error = -2 }
  }
  elsif ($opcode == 3) { $answer = pack("Q L2", 0, 0, 0) . attr($node) }
  elsif ($opcode == 14) { $answer = pack("Q L2", 1, 0, 0) }
  elsif ($opcode == 15) {
    my (undef, $offset, $size) = unpack("Q2 L", $body);
    $answer = $offset < length $content ? substr($content, $offset, $size) : "";
  }
  elsif ($opcode != 18 && $opcode != 25 && $opcode != 38) { $error = -38 }
  syswrite($fuse, pack("L l Q", 16 + length $answer, $error, $unique) . $answer);
}
