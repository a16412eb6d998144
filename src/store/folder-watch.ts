/**
 * File events of a folder and its directories. Recursive watching is not reliable, so each directory
 * has its own watcher, and they are set anew after every scan. Events are only a hint to scan
 * earlier; a periodic scan finds what they miss.
 */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { FolderDirectory } from "./folder.ts";

export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onEvent: () => void;
  readonly #parent: FSWatcher | undefined;

  constructor(dir: string, onEvent: () => void) {
    this.#onEvent = onEvent;
    // The folder itself may be a symlink that is swapped (git-sync): its parent sees that.
    const name = basename(resolve(dir));
    this.#parent = tryWatch(dirname(resolve(dir)), (changed) => {
      if (changed === name) this.#onEvent();
    });
    this.follow([{ path: dir, identity: "" }]);
  }

  /** From now on exactly these directories are watched. */
  follow(directories: readonly FolderDirectory[]): void {
    const wanted = new Map(directories.map((d) => [`${d.identity} ${d.path}`, d.path]));
    for (const [id, watcher] of this.#watchers) {
      if (wanted.has(id)) continue;
      watcher.close();
      this.#watchers.delete(id);
    }
    for (const [id, path] of wanted) {
      if (this.#watchers.has(id)) continue;
      const watcher = tryWatch(path, this.#onEvent);
      if (watcher !== undefined) this.#watchers.set(id, watcher);
    }
  }

  close(): void {
    this.#parent?.close();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

/** No watcher where the system has none left to give: the periodic scan still sees everything. */
function tryWatch(path: string, onEvent: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, (_event, name) => onEvent(name));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
