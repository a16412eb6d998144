import { describe, expect, it } from "vitest";
import { readRequest } from "../../../../src/xds/server/request.ts";
import { percentEncoded, trailersOf } from "../../../../src/xds/server/status.ts";

const call = { ":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc" };

describe("readRequest", () => {
  it.each(["application/grpc", "application/grpc+proto", "Application/gRPC;charset=utf-8"])(
    "takes content-type %s",
    (type) => {
      expect(readRequest({ ...call, "content-type": type })).toEqual({
        kind: "call",
        path: "/a.B/C",
        encoding: "identity",
      });
    },
  );

  it.each(["application/grpc-web", "application/grpc+json", "application/json", "text/html", ""])(
    "refuses content-type %j with 415",
    (type) => {
      const refused = { kind: "refused", headers: { ":status": 415 } };
      expect(readRequest({ ...call, "content-type": type })).toEqual(refused);
    },
  );

  it("refuses another method than POST with 405", () => {
    expect(readRequest({ ...call, ":method": "GET" })).toEqual({
      kind: "refused",
      headers: { ":status": 405, allow: "POST" },
    });
  });

  it("tells what messages would be compressed with", () => {
    expect(readRequest({ ...call, "grpc-encoding": "gzip" })).toMatchObject({ encoding: "gzip" });
  });
});

describe("trailersOf", () => {
  it("has the number of the code, and the message where there is something to say", () => {
    expect(trailersOf({ code: "ok", message: "ended" })).toEqual({ "grpc-status": "0" });
    expect(trailersOf({ code: "unavailable", message: "later; 100%" })).toEqual({
      "grpc-status": "14",
      "grpc-message": "later; 100%25",
    });
  });

  it("writes as %XX what may not stand in a header", () => {
    expect(percentEncoded("a\nb\t~ é€")).toBe("a%0Ab%09~ %C3%A9%E2%82%AC");
  });
});
