/**
 * Turns of the event loop, for those who want to do only so much in each. One immediate stands for
 * all of them.
 */
export class Turns {
  #number = 0;
  #scheduled = false;
  #later: (() => void)[] = [];

  /** Another number in each turn in which it is asked for. */
  get number(): number {
    this.#schedule();
    return this.#number;
  }

  /** Runs `task` in the next turn, after the sockets were looked at. */
  later(task: () => void): void {
    this.#later.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#number += 1;
      const due = this.#later;
      this.#later = [];
      for (const task of due) task();
    });
  }
}
