import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();

/**
 * A fresh folder, in memory where there is /dev/shm: etcd's fsync costs nothing there. What is still
 * there when the process exits is removed; unit tests run in threads, which end without that event,
 * and remove it themselves.
 */
export function freshFolder(purpose: string): string {
  for (const base of ["/dev/shm", tmpdir()]) {
    try {
      const folder = mkdtempSync(join(base, `serin-${purpose}-`));
      if (made.size === 0) process.once("exit", removeAll);
      made.add(folder);
      return folder;
    } catch {
      // Not there, or not writable: the next one.
    }
  }
  throw new Error("no folder for temporary files");
}

function removeAll(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
}
