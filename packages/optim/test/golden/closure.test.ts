import { describe, expect, it } from "vitest";
import type { ClosureReport } from "../../src/closure/method.js";
import { type ClosureOptimizer, createClosureOptimizer } from "../../src/closure/optimizer.js";
import type { OptimizerSpec } from "../../src/spec.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import type { Backend } from "../forms.js";
import { rosenbrock, vector } from "../objectives.js";
import { closureCases } from "./closureCases.js";
import { checkpoints, goldenTolerance, readGolden, trajectoryScale } from "./golden.js";

/** Runs a method on Rosenbrock's function; `visit` is called after each step. */
function run(
  spec: OptimizerSpec,
  init: readonly number[],
  steps: number,
  backend: Backend,
  visit: (step: number, x: readonly number[], report: ClosureReport) => void,
): ClosureOptimizer {
  const optimizer = createClosureOptimizer(spec, vector(init.length), { backend });
  const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
  x.set(init);
  for (let k = 1; k <= steps; k++) {
    const report = optimizer.step(() => rosenbrock(x, gradient));
    visit(k, [...x], report);
  }
  return optimizer;
}

const largestError = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(...expected.map((value, index) => Math.abs((found[index] ?? Number.NaN) - value)));

describe.each(Object.entries(closureCases))("%s", (name, spec) => {
  const golden = readGolden(name);
  const expected = new Map(checkpoints(golden));
  const init = golden.params[0]?.init ?? [];
  /** In float32 a search branches where rounding decides, so that only its first steps can be compared. */
  const comparable = (backend: Backend): number =>
    backend === "float64" || !name.startsWith("lbfgs") ? golden.steps : 5;
  it.each([
    ["float64", goldenTolerance(golden)],
    ["wasm", name.startsWith("lbfgs") ? 2e-4 : 2e-5],
  ] as const)(
    "is replayed with its step sizes and its number of evaluations, in %s",
    (backend, tolerance) => {
      let evaluations = 0;
      run(spec(golden), init, comparable(backend), backend, (k, x, report) => {
        evaluations += report.evaluations;
        const error = largestError(x, expected.get(k) ?? x) / trajectoryScale(golden);
        expect(error, `step ${k}`).toBeLessThanOrEqual(tolerance);
        const size = golden.learning_rates?.[k];
        if (size !== undefined)
          expect(Math.abs((report.stepSize ?? Number.NaN) / size - 1)).toBeLessThanOrEqual(tolerance);
        if (golden.func_evals?.[k] !== undefined && backend === "float64")
          expect(evaluations).toBe(golden.func_evals[k]);
      });
    },
  );
});

/*
 * Recorded with torch 1.13.1 in float64 from (−1.2, 1, −0.5, 0.8): what the goldens leave out, a history that
 * overflows, fixed steps, and a limit on evaluations. After each step the parameters and the number of
 * evaluations so far.
 */
const recorded: Readonly<
  Record<string, Readonly<Record<number, readonly [x: readonly number[], evaluations: number]>>>
> = {
  "lbfgs:historySize=3": {
    1: [[-0.990801474869, 0.503202018242, -0.312730448283, 0.693266058607], 2],
    2: [[-0.705380259115, 0.398191256767, -0.228062426506, 0.521356797704], 4],
    3: [[-0.536327130473, 0.242103534325, -0.0938901877376, 0.199082005099], 6],
    5: [[-0.446365799236, 0.221397465378, 0.0388179808385, 0.0076339829803], 10],
    8: [[-0.438098138208, 0.207320288024, 0.0541697815375, 0.00172581986785], 16],
    12: [[-0.194010724913, 0.0372992096463, -0.0028091103382, -0.0267238743341], 28],
    20: [[0.439154593966, 0.188733056374, 0.020436396472, 0.0200549007672], 49],
    30: [[0.905870692469, 0.80851995556, 0.6521880048, 0.415367465118], 73],
  },
  "lbfgs:historySize=3,maximumIterations=5,lr=0.02,lineSearch=none": {
    1: [[-1.17010772587, 0.959765233054, -0.474131922433, 0.770435205209], 5],
    2: [[-1.13139474408, 0.927746229718, -0.374085236173, 0.655287149401], 10],
    3: [[-1.08448999651, 0.932474673979, -0.0234842085054, 0.33016196829], 15],
    5: [[-1.07452609497, 0.974064850724, 0.312304797816, 0.235652524772], 25],
    8: [[-1.06743459365, 1.01205736786, 0.585126244379, 0.39472254717], 40],
    12: [[-1.06293705083, 1.04823672455, 0.818468534773, 0.695105559137], 60],
  },
  "lbfgs:historySize=4,maximumIterations=6,maximumEvaluations=9,lr=0.7": {
    1: [[-0.53962317553, 0.306830470394, 0.100065275326, 0.0120026116214], 7],
    2: [[-0.521379535445, 0.281719489597, 0.0928034914459, 0.0060675230061], 14],
    3: [[-0.132042411612, 0.00592255771232, -0.00357081592376, 0.00584532042125], 23],
    5: [[0.798774328716, 0.638127055443, 0.393935848783, 0.155959804501], 39],
    8: [[0.999974860551, 0.999924082793, 0.999862694193, 0.999697318534], 62],
  },
};

describe.each(Object.entries(recorded))("torch's L-BFGS, %s", (text, states) => {
  it("is replayed, with its number of evaluations", () => {
    const steps = Math.max(...Object.keys(states).map(Number));
    let evaluations = 0;
    run(parseOptimizerSpec(text), [-1.2, 1, -0.5, 0.8], steps, "float64", (k, x, report) => {
      evaluations += report.evaluations;
      const [expected = x, calls = evaluations] = states[k] ?? [];
      expect(largestError(x, expected), `step ${k}`).toBeLessThanOrEqual(1e-8);
      expect(evaluations, `step ${k}`).toBe(calls);
    });
  });
});
