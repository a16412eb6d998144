import { defineConfig } from "vitest/config";

/** Minutes of processor time: for `npm test`, not for the quick check. */
const thorough = [
  "test/model/fleet.test.ts",
  "test/model/planted-bugs.test.ts",
  "test/model/planted-release-bugs.test.ts",
  "test/model/planted-sharing-bugs.test.ts",
  "test/model/protocol.test.ts",
  "test/feature/garbage.test.ts",
  "test/feature/load.test.ts",
  "test/unit/proto/random.test.ts",
  "test/unit/store/decode-fuzz.test.ts",
  "test/unit/translate/invariants.test.ts",
  "test/unit/translate/lane/lanes.property.test.ts",
  "test/unit/translate/gateway/gateway.property.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          setupFiles: ["test/support/seed.ts"],
          include: [
            "test/{unit,golden,golden-import,model,feature,faults}/**/*.test.ts",
            "test/*.test.ts",
          ],
          exclude: thorough,
          pool: "threads",
          isolate: false,
          maxWorkers: 2,
          // Each kind of test has the machine for itself.
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "thorough",
          setupFiles: ["test/support/seed.ts"],
          include: thorough,
          pool: "threads",
          maxWorkers: 2,
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "integration",
          sequence: { groupOrder: 2 },
          setupFiles: ["test/support/seed.ts"],
          include: ["test/integration/**/*.test.ts"],
          pool: "forks",
          // Most of their time is waiting, for intervals and back-off; the processor is busy for a third of it.
          maxWorkers: 2,
          // Of tests that say so: pages of the documents, most of whose time is waiting.
          maxConcurrency: 4,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ["test/support/integration-setup.ts"],
        },
      },
      {
        test: {
          name: "browser",
          sequence: { groupOrder: 3 },
          setupFiles: ["test/support/seed.ts"],
          include: ["test/browser/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ["test/browser/setup.ts"],
        },
      },
      {
        test: {
          name: "docker",
          sequence: { groupOrder: 4 },
          include: ["test/docker/**/*.test.ts"],
          pool: "forks",
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
