import { expect, it } from "vitest";
import { isLoopback } from "../../../src/lib/loopback.ts";

it.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"])(
  "%s is loopback",
  (host) => expect(isLoopback(host)).toBe(true),
);

it.each([
  "128.0.0.1",
  "0.0.0.0",
  "::",
  "::2",
  "::ffff:10.0.0.1",
  "localhost.example",
  "",
  "unknown",
])("%s is not", (host) => expect(isLoopback(host)).toBe(false));
