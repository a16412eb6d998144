import type { Clock } from "../../src/lib/clock.ts";

/** A clock that moves only when told; tasks that fall due run in order of their time. */
export class FakeClock implements Clock {
  #now = 0;
  #tasks: { readonly at: number; readonly task: () => void }[] = [];

  monotonicMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== entry);
    };
  }

  /** Tasks that wait for their time. */
  get pending(): number {
    return this.#tasks.length;
  }

  /** Time that a running task takes; nothing else runs meanwhile. */
  spend(ms: number): void {
    this.#now += ms;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#tasks.filter((task) => task.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#tasks = this.#tasks.filter((task) => task !== due);
      // A task that took its time makes those after it late.
      this.#now = Math.max(this.#now, due.at);
      due.task();
    }
    this.#now = Math.max(this.#now, end);
  }
}
