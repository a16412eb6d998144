/** Work that nobody awaits, until whoever began it closes. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();

  /** `work` must not reject. */
  add(work: Promise<unknown>): void {
    this.#works.add(work);
    void work.finally(() => this.#works.delete(work));
  }

  async ended(): Promise<void> {
    await Promise.all(this.#works);
  }
}
