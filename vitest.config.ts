import { defineConfig } from "vitest/config";

/** Minutes of processor time: for `npm test`, not for the quick check. */
const thorough = [
  "test/model/planted-bugs.test.ts",
  "test/feature/garbage.test.ts",
  "test/unit/store/decode-fuzz.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{unit,golden,model,feature}/**/*.test.ts", "test/*.test.ts"],
          exclude: thorough,
          pool: "threads",
          isolate: false,
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        test: { name: "thorough", include: thorough, pool: "threads", testTimeout: 120_000 },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          pool: "forks",
          // Two cores are shared by etcd, Envoy, load and serin: files run one after another.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ["test/support/integration-setup.ts"],
        },
      },
      {
        test: {
          name: "docker",
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
