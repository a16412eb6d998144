import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder, in memory where there is /dev/shm: etcd's fsync costs nothing there. */
export function freshFolder(purpose: string): string {
  for (const base of ["/dev/shm", tmpdir()]) {
    try {
      return mkdtempSync(join(base, `serin-${purpose}-`));
    } catch {
      // Not there, or not writable: the next one.
    }
  }
  throw new Error("no folder for temporary files");
}
