import { describe, expect, it } from "vitest";
import { documentsWithBlocks } from "../support/docs/documents.ts";
import { readPage } from "../support/docs/page.ts";
import { runWorld } from "../support/docs/world.ts";
import { readProjectFile } from "../support/tracked.ts";

/** Every block of commands in the documents, run as it stands; what is left out is in test/unit/docs/blocks.test.ts. */
const pages = documentsWithBlocks().flatMap((file) => {
  const { worlds } = readPage(readProjectFile(file));
  return worlds.flatMap((world, index) =>
    world.steps.some(({ kind }) => kind === "command") ? [{ file, index, world }] : [],
  );
});

describe.concurrent("commands of", () => {
  it.each(pages)(
    "$file ($index) do what is said",
    async ({ world }) => {
      expect(await runWorld(world)).toEqual([]);
    },
    270_000,
  );
});
