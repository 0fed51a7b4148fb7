import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "apps/*/{src,test}/**/*.test.ts"],
    // Each file in its own process: ONNX Runtime holds native threads that worker threads cannot share
    // cleanly.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
