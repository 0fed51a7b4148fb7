import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "apps/*/{src,test}/**/*.test.ts"],
    // Processes, as ONNX Runtime holds native threads that worker threads cannot share cleanly. A process
    // runs one file after another and keeps the modules that it has: loading them anew for every file took a
    // third of the time. So a test leaves behind nothing that another would see.
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
