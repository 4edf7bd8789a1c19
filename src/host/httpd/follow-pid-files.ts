import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Calls `onWrite` when httpd writes its pid file: at each start and each graceful restart, also one by a signal, which systemd may
 * not notice (httpd: server/log.c, ap_log_pid). Best effort: a folder that does not exist is not followed.
 */
export class PidFiles {
  private readonly watchers = new Map<string, FSWatcher>();

  constructor(private readonly onWrite: () => void) {}

  /** Follows these files, and no others. A folder is followed afresh at each call: a unit's start may have replaced it. */
  follow(paths: readonly string[]): void {
    this.close();
    for (const folder of new Set(paths.map((path) => dirname(path)))) {
      const names = new Set(paths.filter((path) => dirname(path) === folder).map((path) => basename(path)));
      try {
        const watcher = watch(folder, { persistent: false }, (_event, name) => {
          if (name !== null && names.has(name)) this.onWrite();
        });
        watcher.on('error', () => {
          watcher.close();
        });
        this.watchers.set(folder, watcher);
      } catch {
        // It does not exist yet: the unit's next change of state follows it.
      }
    }
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }
}
