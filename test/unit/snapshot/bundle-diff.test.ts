import { describe, expect, it } from "vitest";
import { type Bundles, diffBundles } from "../../../src/snapshot/bundle-diff.ts";
import { bundle, bundles, CDS, EDS, resource } from "./resources.ts";

const writes = (previous: Bundles, next: Bundles): Record<string, unknown> =>
  Object.fromEntries(
    [...diffBundles(previous, next)].map(([typeUrl, { puts, deletes }]) => [
      typeUrl,
      { puts: [...puts.keys()], deletes: [...deletes] },
    ]),
  );

const web = bundle("service/web", resource(CDS, "web/v1"), resource(EDS, "web/v1"));
const shop = bundle("service/shop", resource(CDS, "shop/v1"));

describe("diffBundles", () => {
  it("puts everything of a new owner and deletes everything of one that is gone", () => {
    expect(writes(bundles(), bundles(web))).toEqual({
      [CDS]: { puts: ["web/v1"], deletes: [] },
      [EDS]: { puts: ["web/v1"], deletes: [] },
    });
    expect(writes(bundles(web, shop), bundles(shop))).toEqual({
      [CDS]: { puts: [], deletes: ["web/v1"] },
      [EDS]: { puts: [], deletes: ["web/v1"] },
    });
  });

  it("does not look into a bundle that is the same object", () => {
    const opaque = bundle("service/opaque");
    Object.defineProperty(opaque, "resources", {
      get: () => {
        throw new Error("looked into");
      },
    });
    expect(writes(bundles(opaque), bundles(opaque, shop))).toEqual({
      [CDS]: { puts: ["shop/v1"], deletes: [] },
    });
    expect(writes(bundles(web), bundles(web))).toEqual({});
  });

  it("deletes what a changed bundle no longer has", () => {
    const less = bundle("service/web", resource(CDS, "web/v1"), resource(CDS, "web/v2"));
    expect(writes(bundles(web), bundles(less))).toEqual({
      [CDS]: { puts: ["web/v1", "web/v2"], deletes: [] },
      [EDS]: { puts: [], deletes: ["web/v1"] },
    });
  });

  it("does not delete what passes from one owner to another, in either order", () => {
    const [x, again] = [resource(CDS, "x"), resource(CDS, "x")];
    const a = bundles(bundle("a", x), bundle("b"));
    const b = bundles(bundle("a"), bundle("b", again));
    expect(writes(a, b)).toEqual({ [CDS]: { puts: ["x"], deletes: [] } });
    expect(writes(b, a)).toEqual({ [CDS]: { puts: ["x"], deletes: [] } });
    expect(writes(a, bundles(bundle("a"), bundle("b", x)))).toEqual({});
  });

  it("writes only what is another object in a bundle that changed", () => {
    const [one, two, three] = ["1", "2", "3"].map((name) => resource(CDS, name));
    const was = bundles(bundle("g", ...[one, two].flatMap((each) => each ?? [])));
    const is = bundles(bundle("g", ...[two, three].flatMap((each) => each ?? [])));
    expect(writes(was, is)).toEqual({ [CDS]: { puts: ["3"], deletes: ["1"] } });
  });
});
