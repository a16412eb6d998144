/** Counts what an example claims. */
import { expect } from "vitest";
import type { HttpReply } from "../../support/asker.ts";
import { expectShare } from "../../support/share.ts";
import { eventually } from "../../support/wait.ts";
import type { Received } from "./backend.ts";
import { type Caller, openCaller } from "./callers.ts";
import type { Ask, Expectation, Step } from "./claim.ts";
import type { Shown } from "./world.ts";

export async function takeStep(step: Step, shown: Shown): Promise<void> {
  if ("put" in step) return shown.put(step.put);
  if ("remove" in step) return shown.remove(step.remove);
  if ("set" in step) return shown.backend(step.backend).set(step.set);
  if ("pauseMs" in step) return new Promise((resolve) => setTimeout(resolve, step.pauseMs));
  if ("ask" in step) return judge(step.ask, step.expect, shown);
  const { until, meanwhile } = step;
  let broken: Error | undefined;
  await eventually(
    () =>
      judge(until, step.expect, shown, async (answers) => {
        if (meanwhile === undefined || broken !== undefined) return;
        await judgeAnswers(answers, until, meanwhile, shown).catch((error: Error) => {
          broken = error;
        });
      }).then(
        () => true,
        (error: unknown) => {
          if (broken === undefined) throw error;
          return true;
        },
      ),
    { what: "what the example claims", timeoutMs: 15_000 },
  );
  if (broken !== undefined) throw broken;
}

interface Reply extends HttpReply {
  readonly tookMs: number;
}

/** Replies of all hosts to the n-th request. */
type Answer = readonly Reply[];

async function judge(
  ask: Ask,
  wanted: Expectation,
  shown: Shown,
  seen: (answers: readonly Answer[]) => Promise<void> = async () => undefined,
): Promise<void> {
  const before = new Map(
    Object.keys(wanted.reached ?? {}).map((port) => [port, shown.backend(port).received()]),
  );
  const answers = await send(ask, shown, 0);
  await seen(answers);
  await judgeAnswers(answers, ask, wanted, shown);
  for (const [port, share] of Object.entries(wanted.reached ?? {})) {
    const count = await settled(() => shown.backend(port).received() - (before.get(port) ?? 0));
    const report = { total: ask.times, failures: {}, byVersion: { [port]: count } };
    await expectShare(async () => report, port, share);
  }
}

/** Copies arrive after the answers: reads until nothing more comes. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  await eventually(
    () => {
      const isSame = read() === last;
      last = read();
      return isSame;
    },
    { what: "the copies of requests", intervalMs: 150 },
  );
  return last;
}

async function judgeAnswers(
  answers: readonly Answer[],
  ask: Ask,
  wanted: Expectation,
  shown: Shown,
): Promise<void> {
  judgeEach(answers, wanted, (port = ask.at) => shown.portOf(port));
  if (wanted.statuses !== undefined)
    expect(counted(answers.map(statusOf))).toEqual(wanted.statuses);
  await judgeShares(answers, ask, wanted, shown);
  if (wanted.sticky === undefined) return;
  const again = await send(ask, shown, 0);
  expect(again.map((each) => labelOf(each, wanted.by))).toEqual(
    answers.map((each) => labelOf(each, wanted.by)),
  );
}

/** Where a port of the objects really is; none is given: the one that was asked. */
type PortOf = (port?: number) => number;

function judgeEach(answers: readonly Answer[], wanted: Expectation, portOf: PortOf): void {
  const { status = 200, statuses, every, headers, received, by, withinMs } = wanted;
  if (statuses === undefined) {
    const replies = answers.flat();
    expect(counted(replies.map(({ status: got }) => String(got)))).toEqual({
      [status]: replies.length,
    });
  }
  if (every !== undefined) {
    expect(counted(answers.map((each) => labelOf(each, by)))).toEqual({ [every]: answers.length });
  }
  for (const reply of answers.flat()) {
    if (headers !== undefined) expectHeaders(reply, headers, portOf);
    if (received !== undefined) expectReceived(reply, received);
    if (withinMs !== undefined) expect(reply.tookMs).toBeLessThanOrEqual(withinMs);
  }
}

function expectHeaders(
  reply: Reply,
  wanted: NonNullable<Expectation["headers"]>,
  portOf: PortOf,
): void {
  const filled = (value: string): string =>
    value
      .replaceAll("{version}", versionOf(reply))
      .replaceAll(/\{port(?::(\d+))?\}/g, (_, port?: string) =>
        String(portOf(port === undefined ? undefined : Number(port))),
      );
  for (const [name, value] of Object.entries(wanted)) {
    const got = reply.headers[name] ?? null;
    expect(got, `the header ${name}`).toEqual(value === null ? null : filled(value));
  }
}

function expectReceived(reply: Reply, wanted: NonNullable<Expectation["received"]>): void {
  const got = JSON.parse(reply.body) as Received;
  const { headers = {}, ...fields } = wanted;
  expect(got).toMatchObject(fields);
  for (const [name, value] of Object.entries(headers)) {
    expect(got.headers[name] ?? null, `the header ${name}`).toBe(value);
  }
}

async function judgeShares(
  answers: readonly Answer[],
  ask: Ask,
  { by, shares = {}, atMost = {}, atLeast = {}, different }: Expectation,
  shown: Shown,
): Promise<void> {
  const reportOf = (some: readonly Answer[]) => ({
    total: some.length,
    failures: {},
    byVersion: counted(some.map((each) => labelOf(each, by))),
  });
  const report = reportOf(answers);
  for (const [label, share] of Object.entries(shares)) {
    let rounds = 0;
    const measure = async () => {
      rounds += 1;
      // Others than before, where the users decide.
      return rounds === 1 ? report : reportOf(await send(ask, shown, ask.times));
    };
    await expectShare(measure, label, share);
  }
  if (Object.keys(shares).length > 0) {
    expect(Object.keys(shares)).toEqual(expect.arrayContaining(Object.keys(report.byVersion)));
  }
  const shareOf = (label: string): number => (report.byVersion[label] ?? 0) / report.total;
  for (const [label, share] of Object.entries(atMost)) {
    expect(shareOf(label), label).toBeLessThanOrEqual(share);
  }
  for (const [label, share] of Object.entries(atLeast)) {
    expect(shareOf(label), label).toBeGreaterThanOrEqual(share);
  }
  if (different !== undefined) expect(Object.keys(report.byVersion)).toHaveLength(different);
}

async function send(ask: Ask, shown: Shown, from: number): Promise<readonly Answer[]> {
  const { times, concurrency, trust } = ask;
  const caller = openCaller({
    ...ask,
    port: shown.portOf(ask.at),
    trusted: trust === undefined ? undefined : shown.certificate(trust),
  });
  const answers: Answer[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < times; n = next++) {
      answers[n] = await sendOne(caller, ask, from + n);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, times) }, worker));
  } finally {
    caller.close();
  }
  return answers;
}

async function sendOne(caller: Caller, ask: Ask, n: number): Promise<Answer> {
  const numbered = (text: string): string => text.replaceAll("{n}", String(n));
  const headers = Object.fromEntries(
    Object.entries(ask.headers).map(([name, value]) => [name, numbered(value)]),
  );
  const replies: Reply[] = [];
  for (const host of [ask.host].flat()) {
    const start = performance.now();
    const reply = await caller.call({ host, path: numbered(ask.path), headers });
    replies.push({ ...reply, tookMs: performance.now() - start });
  }
  return replies;
}

const statusOf = (answer: Answer): string => answer.map(({ status }) => status).join("+");

const versionOf = ({ headers }: HttpReply): string => String(headers["x-served-by"]);

const labelOf = (answer: Answer, by: Expectation["by"]): string =>
  answer
    .map((reply) => (by === "version" ? versionOf(reply) : String(reply.headers["x-instance"])))
    .join("+");

function counted(labels: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
