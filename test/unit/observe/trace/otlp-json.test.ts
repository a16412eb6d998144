import { expect, it } from "vitest";
import { encodeTrace, traceRequest } from "../../../../src/observe/trace/otlp-json.ts";

let serial = 0;
const idOf = (bytes: number): string => {
  serial += 1;
  return String(serial).padStart(2 * bytes, "0");
};

it("writes a trace as OTLP has it in JSON", () => {
  const trace = encodeTrace(
    {
      name: "change",
      startMs: 1_700_000_000_000.25,
      endMs: 1_700_000_000_010,
      attributes: { text: "a", whole: 7, part: 0.5, list: ["x", "y"] },
      error: "rejected by 1 proxy",
      children: [
        {
          name: "ack",
          startMs: 1_700_000_000_001,
          endMs: 1_700_000_000_002,
          attributes: {},
          events: [{ name: "nack", atMs: 1_700_000_000_001.5, attributes: { node: "edge-1" } }],
        },
      ],
    },
    idOf,
  );
  const root = "0000000000000002";
  expect(JSON.parse(traceRequest({ "service.name": "serin" }, [trace]))).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "serin" } }] },
        scopeSpans: [
          {
            scope: { name: "serin" },
            spans: [
              {
                traceId: "00000000000000000000000000000001",
                spanId: root,
                name: "change",
                kind: 1,
                startTimeUnixNano: "1700000000000250000",
                endTimeUnixNano: "1700000000010000000",
                attributes: [
                  { key: "text", value: { stringValue: "a" } },
                  { key: "whole", value: { intValue: "7" } },
                  { key: "part", value: { doubleValue: 0.5 } },
                  {
                    key: "list",
                    value: { arrayValue: { values: [{ stringValue: "x" }, { stringValue: "y" }] } },
                  },
                ],
                events: [],
                status: { code: 2, message: "rejected by 1 proxy" },
              },
              {
                traceId: "00000000000000000000000000000001",
                spanId: "0000000000000003",
                parentSpanId: root,
                name: "ack",
                kind: 1,
                startTimeUnixNano: "1700000000001000000",
                endTimeUnixNano: "1700000000002000000",
                attributes: [],
                events: [
                  {
                    timeUnixNano: "1700000000001500000",
                    name: "nack",
                    attributes: [{ key: "node", value: { stringValue: "edge-1" } }],
                  },
                ],
                status: {},
              },
            ],
          },
        ],
      },
    ],
  });
});
