import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Fetch, requestListener } from "../../../src/admin/node-http.ts";

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

async function serve(fetch: Fetch): Promise<number> {
  const server = createServer(requestListener(fetch));
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Sends these bytes on a connection of its own and returns all that comes back. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no end; so far: ${answer}`)));
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
  });
}

const close = "Connection: close\r\n\r\n";

describe("the bridge from Node's HTTP to Fetch", () => {
  it("passes method, path, headers and body on, and the answer back", async () => {
    const port = await serve(async (request) => {
      const { pathname, search } = new URL(request.url);
      const told = {
        method: request.method,
        target: pathname + search,
        host: request.headers.get("host"),
        twice: request.headers.get("x-twice"),
        body: await request.text(),
      };
      return Response.json(told, { status: 201, headers: { "x-own": "1" } });
    });
    const head = "PUT /a%2Fb?c=d HTTP/1.1\r\nHost: name:1\r\nX-Twice: 1\r\nX-Twice: 2\r\n";
    const answer = await raw(port, `${head}Content-Length: 2\r\nConnection: close\r\n\r\nhi`);
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toContain("x-own: 1");
    expect(answer).toContain('"target":"/a%2Fb?c=d"');
    expect(answer).toContain('"host":"name:1","twice":"1, 2","body":"hi"');
  });

  it("answers 400 to what Fetch does not take, and lives on", async () => {
    const port = await serve((request) => new Response(new URL(request.url).pathname));
    for (const start of ["GET http://[ HTTP/1.1", "GET //: HTTP/1.1"]) {
      expect(await raw(port, `${start}\r\nHost: a\r\n${close}`), start).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(await raw(port, `GET /x HTTP/1.1\r\nHost: a\r\n${close}`)).toContain("/x");
  });

  it("answers 405 to methods that Fetch has no requests of", async () => {
    const port = await serve(() => new Response("not asked"));
    const answer = await raw(port, `TRACE /x HTTP/1.1\r\nHost: a\r\n${close}`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer).toContain("allow: GET, HEAD, PUT, DELETE");
  });

  it("sends no body for HEAD and for empty answers", async () => {
    const port = await serve((request) =>
      request.method === "HEAD" ? new Response("body") : new Response(null, { status: 204 }),
    );
    const head = await raw(port, `HEAD / HTTP/1.1\r\nHost: a\r\n${close}`);
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
    expect(head).not.toContain("body");
    expect(await raw(port, `GET / HTTP/1.1\r\nHost: a\r\n${close}`)).toMatch(/^HTTP\/1\.1 204 /);
  });

  it("aborts the request's signal when the peer goes away", async () => {
    let came = (): void => undefined;
    const there = new Promise<void>((resolve) => {
      came = resolve;
    });
    let gone = (): void => undefined;
    const aborted = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const port = await serve(async (request) => {
      request.signal.addEventListener("abort", gone);
      came();
      await aborted;
      return new Response("too late");
    });
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    );
    await there;
    socket.destroy();
    await aborted;
  });
});
