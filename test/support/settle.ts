import type { FakeClock } from "./fake-clock.ts";

/** Lets everything run that waits for nothing but its turn. */
export async function settled(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Time passes in steps, and what falls due may answer, wait again and fall due again. */
export async function pass(clock: FakeClock, ms: number, stepMs = 50): Promise<void> {
  await settled();
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(stepMs, left));
    await settled();
  }
}
