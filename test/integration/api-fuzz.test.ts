import { rmSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { parse } from "yaml";
import { samples } from "../../tools/schema-samples.mjs";
import { heldToken } from "../support/access.ts";
import { type AdminLab, adminLab, webObjects } from "../support/admin.ts";
import { readEvents } from "../support/event-reader.ts";
import { connectProxy } from "../support/fake-proxy.ts";
import { fuzz, installFuzzer } from "../support/schemathesis.ts";
import { seed } from "../support/seed.ts";
import { freshFolder } from "../support/tmp.ts";

/** One of each kind, which fit together. */
const world = (): Readonly<Record<string, object>> => ({
  ...webObjects,
  ...Object.fromEntries(Object.values(samples).map(({ key, value }) => [key, parse(value)])),
});

let lab: AdminLab | undefined;

const folder = freshFolder("fuzz");

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await lab?.close();
});

it("keeps what its OpenAPI document promises, whatever is asked", {
  timeout: 420_000,
}, async () => {
  await installFuzzer();
  const holder = heldToken("fuzzer", "admin");
  lab = await adminLab({ objects: world(), tokens: [holder.token] });
  await lab.app.started;
  lab.app.serving(true);
  for (const id of ["edge-1", "edge-2", "edge-3"]) connectProxy(lab.app.hub, { id }).ackAll();
  // The fuzzer leaves out what does not end: this one reads it, and holds each event against its schema.
  const reader = await readEvents(`${lab.url}/v1/events`, {
    authorization: `Bearer ${holder.text}`,
  });
  const { code, output } = await fuzz({
    url: `${lab.url}/v1/openapi.json`,
    token: holder.text,
    seed,
    examples: 15,
    timeoutMs: 360_000,
    folder,
  });
  expect(output, `seed ${seed}`).toMatch(/No issues found/);
  expect(code).toBe(0);
  expect(reader.ended).toBeUndefined();
  const seen = new Set(reader.events.map(({ name }) => name));
  expect([...seen]).toEqual(expect.arrayContaining(["hello", "proxies", "service", "changed"]));
  reader.close();
});
