import { parseOptimizerSpec } from "@steepest/optim";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../files/test/temporaryFolder.js";
import { resumeRun, train } from "../src/index.js";
import { collect, complete } from "./runs.js";
import { toyWorkload } from "./toyWorkload.js";

/*
 * Optimizers that evaluate the loss themselves, on mini-batches.
 */

let folder = "";
beforeEach(
  temporaryFolder((path) => {
    folder = path;
  }),
);

const config = { workload: toyWorkload(), seed: 3, steps: 70, evaluateEvery: 15 };
const methods = ["gd-backtracking", "gd-wolfe", "lbfgs", "lbfgs:lineSearch=none,lr=0.1", "sam:lr=0.01"];

describe.each(methods)("%s", (text) => {
  const optimizer = parseOptimizerSpec(text);

  it("evaluates one mini-batch a step, as often as it likes, and reports the loss where steps begin", async () => {
    const calls: number[] = [];
    const workload = toyWorkload({ onStep: (step) => calls.push(step) });
    const run = await collect(train({ ...config, workload, optimizer, reportEvery: 1 }));
    // Never back to a mini-batch of the past.
    expect(calls).toEqual([...calls].sort((a, b) => a - b));
    expect([...new Set(calls)]).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
    expect(calls.length).toBeGreaterThan(text.startsWith("lbfgs:lineSearch=none") ? 69 : 100);
    const losses = run.measurements.flatMap((each) => (each.kind === "step" ? [each.loss] : []));
    expect(losses).toHaveLength(70);
    // 18 weights with noise of 1/20 at most in each slope.
    expect(losses.at(-1)).toBeLessThan(0.05);
    expect(losses[0]).toBeGreaterThan(1);
  });

  it("gives the same bits where it was interrupted", async () => {
    const whole = await complete(train({ ...config, optimizer }));
    const abort = new AbortController();
    const workload = toyWorkload({ onStep: (step) => step === 41 && abort.abort() });
    const { result } = await collect(train({ ...config, workload, optimizer, folder, signal: abort.signal }));
    expect(result).toMatchObject({ outcome: "interrupted", step: 41 });
    const resumed = await complete(resumeRun(folder, { workload: toyWorkload() }));
    expect(resumed.parametersHash).toBe(whole.parametersHash);
    expect(resumed.validation).toEqual(whole.validation);
  });

  it("stops where the loss of a step is not finite, with the step", async () => {
    const run = train({ ...config, workload: toyWorkload({ nanAt: 5 }), optimizer });
    await expect(collect(run)).rejects.toThrow(/the loss is NaN at step 5.*diverged/s);
  });
});

it("refuses settings that a method cannot honour, before it writes anything", async () => {
  for (const [text, choices, message] of [
    ["lbfgs", { clip: { globalNorm: 1 } }, /lbfgs moves all parameters together.*gradient clipping/],
    ["gd-wolfe", { schedule: "cosine:steps=10" }, /gd-wolfe has no step size lr for a schedule/],
    ["gd-wolfe", { learningRate: 0.1 }, /"lr"/],
  ] as const) {
    const run = train({ ...config, ...choices, optimizer: parseOptimizerSpec(text), folder });
    await expect(collect(run)).rejects.toThrow(message);
  }
});
