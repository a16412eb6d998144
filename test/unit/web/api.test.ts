import { expect, it } from "vitest";
import { createApi } from "../../../src/web/api/api.ts";

const answering = (headers: Readonly<Record<string, string>>) =>
  createApi({
    token: undefined,
    send: async () => Response.json([], { headers }),
    denied: () => undefined,
  });

it("tells of a list whether it goes on", async () => {
  const next = { link: '</v1/proxies?after=edge-9>; rel="next"' };
  expect(await answering(next).call("GET /v1/proxies", {})).toMatchObject({ isCut: true });
  expect(await answering({}).call("GET /v1/proxies", {})).toMatchObject({ isCut: false });
});
