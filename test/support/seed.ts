import fc from "fast-check";

/**
 * Seed of all property tests: fixed, so that a run says the same as the last one; `FC_SEED=n` plays
 * another. A failure prints it.
 */
export const seed = Number(process.env["FC_SEED"] ?? 20_261_124);

fc.configureGlobal({ seed });
