import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOf, serviceHref, serviceTabs } from "../../../src/web/router.ts";

describe("addresses of views", () => {
  it("name each view", () => {
    expect(placeOf("")).toEqual({ view: "services" });
    for (const view of ["services", "routes", "proxies", "alerts", "diagnostics", "system"]) {
      expect(placeOf(`#/${view}`)).toEqual({ view });
    }
  });

  it("lead back to the part of the service that they were made for, whatever its name", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.constantFrom(...serviceTabs),
        (service, tab) => {
          expect(placeOf(serviceHref(service, tab))).toEqual({ view: "service", service, tab });
        },
      ),
    );
  });

  it("lead nowhere where there is nothing", () => {
    for (const hash of ["#/nothing", "#/routes/web", "#/services/web/x", "#/services/%", "#/a/b"]) {
      expect(placeOf(hash)).toEqual({ view: "nowhere" });
    }
  });
});
