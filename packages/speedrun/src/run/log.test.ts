import { describe, expect, it } from "vitest";
import { currentVersions, formatLog } from "./log.js";

describe("the log of a run", () => {
  it("has modded-nanogpt's form", () => {
    const text = formatLog({
      source: "export const submission = {};\n",
      versions: { node: "v20.1.0", onnxruntime: "1.30.0", processor: "A CPU", cores: 2, platform: "linux" },
      steps: 20,
      lines: [
        { kind: "step", step: 10, seconds: 0.6124 },
        { kind: "step", step: 20, seconds: 1.2 },
        { kind: "evaluation", step: 20, seconds: 1.2345, loss: 1.69312 },
      ],
      peakResidentBytes: 300 * 2 ** 20,
    });
    const rule = "=".repeat(100);
    expect(text).toBe(`export const submission = {};
${rule}
Running Node.js v20.1.0 with ONNX Runtime 1.30.0 on linux
A CPU, 2 cores, one thread
${rule}
step:10/20 train_time:612ms step_avg:61.24ms
step:20/20 val_loss:1.6931 train_time:1235ms step_avg:61.73ms
step:20/20 train_time:1200ms step_avg:60.00ms
peak memory allocated: 300 MiB reserved: 300 MiB
`);
  });

  it("does not invent a peak that was not recorded", () => {
    const versions = currentVersions();
    const text = formatLog({ source: "", versions, steps: 1, lines: [], peakResidentBytes: undefined });
    expect(text.trimEnd().split("\n").at(-1)).toBe("peak memory allocated: unknown reserved: unknown");
  });

  it("names the versions that run here", () => {
    expect(currentVersions()).toMatchObject({
      node: process.version,
      onnxruntime: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    });
  });
});
