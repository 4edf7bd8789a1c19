import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Lab, until } from './lab.ts';
import { CHANGING_CALLS } from './system-calls.ts';

/** File systems with the smallest image that their mkfs makes, in MiB. */
export const FILE_SYSTEMS = [
  { type: 'ext4', mkfs: 'mkfs.ext4 -q -F', mib: 64 },
  { type: 'xfs', mkfs: 'mkfs.xfs -q -f', mib: 300 },
  { type: 'btrfs', mkfs: 'mkfs.btrfs -q -f', mib: 128 },
] as const;
export type FileSystem = (typeof FILE_SYSTEMS)[number];

/** Why this machine cannot test it, or null. */
export function whyNotHere({ type }: FileSystem): string | null {
  spawnSync('modprobe', ['-q', type]);
  return new RegExp(`\\t${type}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8'))
    ? null
    : `this kernel has no ${type}`;
}

/** On a file system of their own: what outlives a run. The parent of each is kept by uninstall. */
const FOLDERS = { system: '/etc/systemd/system', sysctl: '/etc/sysctl.d', lib: '/var/lib' };
export const WORK = '/opt/steps';
const IMAGE = `${WORK}/image`;
const DISK = '/mnt/disk';
const OURS = 'system sysctl lib/httpd-guard';

/** Not those that only open or ask. */
const CALLS = CHANGING_CALLS.filter((call) => !/^(openat|connect|send|kill|tgkill|semctl)/.test(call)).join();

/** Runs a command with each step reported to "each-step", once; later as it is. */
export const TRACED = `#!/bin/sh
mv ${WORK}/plan ${WORK}/plan.used 2>/dev/null || exec "$@"
exec strace -f -qq -y -e trace=${CALLS} -e inject=${CALLS}:signal=SIGSTOP -o "|perl ${WORK}/each-step $(cat ${WORK}/plan.used)" -- "$@"
`;

/**
 * Reads strace's log. A process that made a call has stopped. A step is a call about our files, or one before which anything
 * (systemd, for example) changed them: copies the image if anything was written to it since the last copy. The copy is what a
 * power failure at this moment leaves. "shutdown STEP" has the file system shut down after that step instead.
 */
export const EACH_STEP = `#!/usr/bin/perl
use strict;
use IO::Handle;
my ($device, $how, $last) = @ARGV;
my ($steps, $copies, $written, $runs, $files, $call) = (0, 0, "", 0, "", "");
open my $list, ">", "${WORK}/copies"; $list->autoflush(1);
sub files { join " ", map { my @s = stat; "$_ @s[1, 7, 9]" } glob "/etc/systemd/system/{.,}* /etc/systemd/system/*/{.,}* /etc/sysctl.d/{.,}* /var/lib/httpd-guard/{.,}*" }
sub copy {
  open my $stat, "<", "/sys/dev/block/$device/stat" or die "$device: $!";
  my $now = (split " ", <$stat>)[6];
  my $runs_now = -s "/run/apache2/apache2.pid" ? 1 : 0;
  return if $now eq $written && $runs_now == $runs;
  system "cp", "--sparse=auto", "${IMAGE}", "${WORK}/copy-" . ++$copies if $now ne $written;
  ($written, $runs) = ($now, $runs_now);
  print $list "$copies $steps $runs\\n";
}
while (my $line = <STDIN>) {
  $call = $line if $line =~ /^\\d+ +\\w+\\(/;
  my ($pid) = $line =~ /^(\\d+) +--- stopped by SIGSTOP/ or next;
  my $now = files();
  if ($call =~ /^$pid .*[<"]\\/(etc\\/systemd\\/system|etc\\/sysctl\\.d|var\\/lib\\/httpd-guard)\\b/ || $now ne $files) {
    $files = $now;
    $steps++;
    if ($how eq "others-sync") { open my $other, ">>", "${DISK}/other"; print $other "x"; $other->flush; $other->sync; }
    if ($how ne "shutdown") { copy() }
    elsif ($steps == $last) { copy(); my $without_log = pack "L", 2; open my $disk, "<", "${DISK}"; ioctl $disk, 0x8004587d, $without_log or die "shutdown: $!" }
    $call = "";
  }
  kill "CONT", $pid;
}
print $list "end $steps 0\\n";
`;

/** What a power failure leaves of a disk. */
export interface Copy {
  image: string;
  /** After this step. */
  step: number;
  /** httpd was running. */
  httpdRan: boolean;
}

/** The file system under what outlives a run, in a lab; it can lose power. */
export class Disk {
  constructor(
    private readonly lab: Lab,
    readonly system: FileSystem,
  ) {}

  /** A new file system with what is in the folders now, all of it synced. */
  async make(): Promise<void> {
    const { mkfs, mib, type } = this.system;
    await this.lab.sh(`rm -f ${IMAGE} && truncate -s ${mib}M ${IMAGE} && ${mkfs} ${IMAGE}`);
    await this.lab.mountImage(IMAGE, DISK, type);
    for (const [name, folder] of Object.entries(FOLDERS))
      await this.lab.sh(`cp -a ${folder} ${DISK}/${name}`);
    await this.bind();
  }

  async bind(): Promise<void> {
    const lines = Object.entries(FOLDERS).map(([name, folder]) => `mount --bind ${DISK}/${name} ${folder}`);
    await this.lab.sh([...lines, 'systemctl daemon-reload'].join(' && '));
  }

  /**
   * The next traced command is followed. `others-sync`: another program syncs a file of its own after each step. `shutdown`: the
   * file system is shut down after that step, without its log (XFS_IOC_GOINGDOWN; ext4 has the same).
   */
  async plan(how: 'no-sync' | 'others-sync' | `shutdown ${number}`): Promise<void> {
    await this.lab.sh(`rm -f ${WORK}/copy-* ${WORK}/copies ${WORK}/plan.used; sync -f ${DISK}`);
    const device = await this.lab.sh(`awk '$5 == "${DISK}" { print $3 }' /proc/self/mountinfo`);
    // btrfs has a device number of its own there.
    const [, minor = ''] = /\/loop(\d+) /.exec(await this.lab.sh(`grep ' ${DISK} ' /proc/self/mounts`)) ?? [];
    this.lab.write(`${WORK}/plan`, `${device.startsWith('7:') ? device.trim() : `7:${minor}`} ${how}`);
  }

  /** What was copied while the command ran, and how many steps it made. */
  async copies(): Promise<{ copies: Copy[]; steps: number }> {
    const rows = await until('the command to end', async () => {
      const { stdout } = await this.lab.run('cat', `${WORK}/copies`);
      const all = stdout
        .trim()
        .split('\n')
        .map((row) => row.split(' '));
      return all.at(-1)?.[0] === 'end' ? all : null;
    });
    const steps = Number(rows.pop()?.[1]);
    const copies = rows.map(([number, step, runs]) => ({
      image: `${WORK}/copy-${number}`,
      step: Number(step),
      httpdRan: runs === '1',
    }));
    return { copies, steps };
  }

  /** Mounts what a power failure left, and reads it. */
  async mountCopy(image: string): Promise<Map<string, string>> {
    await this.lab.mountImage(image, DISK, this.system.type);
    return this.files();
  }

  /** The files of httpd-guard and the units by path, with their text. */
  async files(): Promise<Map<string, string>> {
    const text = await this.lab.sh(
      `cd ${DISK} && find ${OURS} \\( -type f -o -type l \\) 2>/dev/null | sort | while read -r path; do echo "== $path"; if [ -L "$path" ]; then readlink "$path"; else cat "$path"; echo; fi; done`,
    );
    const files = new Map<string, string>();
    for (const part of text.split(/^== /m).slice(1)) {
      const end = part.indexOf('\n');
      files.set(part.slice(0, end), part.slice(end + 1).trim());
    }
    return files;
  }

  async unmount(): Promise<void> {
    const folders = Object.values(FOLDERS).join(' ');
    await until('the disk to be free', async () => {
      const { exitCode } = await this.lab.run(
        'sh',
        '-c',
        `for folder in ${folders} ${DISK}; do ! grep -q " $folder " /proc/self/mounts || umount $folder || exit 1; done`,
      );
      return exitCode === 0 ? true : null;
    });
  }
}
