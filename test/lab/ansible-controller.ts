import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Lab, type Ran } from './lab.ts';

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url));

/** One host's line of the recap. */
export interface Recap {
  ok: number;
  changed: number;
  unreachable: number;
  failed: number;
}

export interface Played extends Ran {
  /** Of each host that was touched at all. */
  recap: Record<string, Recap>;
}

/**
 * A lab that runs ansible-playbook against other labs, as an admin's machine does: over a network, by OpenSSH, as a user who
 * may sudo. Each host gets a cable of its own, a veth pair between the two network namespaces, of which the machine that runs
 * the test sees nothing. A wrapper that enters the namespaces would be simpler; but then no sshd, no sudo, no user's home as
 * the place of temporary files would be there to go wrong.
 */
export class Controller {
  private constructor(readonly lab: Lab) {}

  /** For hosts by their names in the inventory, booted with the tools. */
  static async boot(hosts: Promise<Record<string, Lab>>): Promise<Controller> {
    const controller = new Controller(await Lab.bootWithTools());
    const { lab } = controller;
    cpSync(join(SCRIPTS, 'ansible'), join(lab.root, 'root/ansible'), { recursive: true });
    await execa(join(SCRIPTS, 'install.sh'), ['--destdir', join(lab.root, 'root/tree')]);
    const key = await lab.sh(
      'mkdir -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519; cat /root/.ssh/id_ed25519.pub',
    );
    const entries = Object.entries(await hosts);
    for (const [index, [name, host]] of entries.entries()) {
      await controller.plugIn(host, name, index);
      await admit(host, key);
    }
    lab.write(
      'root/.ssh/known_hosts',
      entries
        .map(([, host], index) => `${addressOf(index)} ${host.read('etc/ssh/ssh_host_ed25519_key.pub')}`)
        .join(''),
    );
    return controller;
  }

  /** Writes the inventory: its hosts, and these variables for all of them. */
  inventory(hosts: readonly string[], vars: Record<string, unknown>): void {
    const inventory = {
      httpd: {
        hosts: Object.fromEntries(hosts.map((name, index) => [name, { ansible_host: addressOf(index) }])),
        vars: { ansible_user: 'admin', ansible_python_interpreter: '/usr/bin/python3', ...vars },
      },
    };
    // JSON is YAML.
    this.lab.write('root/inventory.yml', JSON.stringify(inventory));
  }

  /** Runs a play below scripts/ansible with more words of ansible-playbook's command line. */
  async play(name: string, ...words: string[]): Promise<Played> {
    const ran = await this.lab.run(
      ...(['env', '-C', '/root/ansible', 'LC_ALL=C.UTF-8', 'ANSIBLE_PIPELINING=1'] as const),
      'ansible-playbook',
      '-i',
      '/root/inventory.yml',
      name,
      ...words,
    );
    return { ...ran, recap: recapOf(ran.stdout) };
  }

  /** By the controller's ip, for a host has none. Its address stays until the lab ends. */
  private async plugIn(host: Lab, name: string, index: number): Promise<void> {
    await this.ip(this.lab, `link add ${name} type veth peer name eth0 netns ${host.initPid}`);
    await this.ip(this.lab, `addr add ${addressOf(index, 1)}/30 dev ${name}`);
    await this.ip(this.lab, `link set ${name} up`);
    await this.ip(host, `addr add ${addressOf(index)}/30 dev eth0`);
    await this.ip(host, 'link set eth0 up');
  }

  private async ip(lab: Lab, words: string): Promise<void> {
    await execa('nsenter', [
      '-t',
      String(lab.initPid),
      '-n',
      'chroot',
      this.lab.root,
      'ip',
      ...words.split(' '),
    ]);
  }
}

/** A network of 4 addresses for each host: 1 is the controller's, 2 the host's. */
function addressOf(index: number, end = 2): string {
  return `10.20.${index}.${end}`;
}

/** A user who may log in with this key, and sudo without a password. */
async function admit(host: Lab, key: string): Promise<void> {
  await host.sh('useradd --create-home --shell /bin/sh admin; mkdir -m 700 /home/admin/.ssh');
  host.write('home/admin/.ssh/authorized_keys', `${key}\n`);
  host.write('etc/sudoers.d/admin', 'admin ALL=(ALL) NOPASSWD: ALL\n', 0o440);
  await host.sh('chown -R admin: /home/admin/.ssh');
}

function recapOf(stdout: string): Record<string, Recap> {
  const lines = stdout.matchAll(/^(\w+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)/gm);
  return Object.fromEntries(
    [...lines].map(([, name = '', ...counts]) => {
      const [ok = -1, changed = -1, unreachable = -1, failed = -1] = counts.map(Number);
      return [name, { ok, changed, unreachable, failed }];
    }),
  );
}
