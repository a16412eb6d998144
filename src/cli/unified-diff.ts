/** The difference of two texts, as diff -u shows it, as long as a terminal may wait for it. */
import { limits } from "../config/limits.ts";
import { unifiedDiff as diffOf } from "../lib/unified-diff.ts";

/** Without the two lines of its head; empty where the texts are the same. */
export const unifiedDiff = (before: string, after: string): string =>
  diffOf(before, after, limits.cli.diffSteps);
