import { describe, expect, it } from "vitest";
import { createLineSearchOptimizer } from "../src/lineSearch/optimizer.js";
import { createOptimizer } from "../src/optimizer/createOptimizer.js";
import { fromOriginal } from "../src/originals.js";
import {
  checkpoints,
  fixtureText,
  type Golden,
  goldenNames,
  goldenTolerance,
  readGolden,
  replay,
  sharedGoldens,
  trajectoryScale,
} from "./golden.js";
import { cases, groupsOf } from "./goldenCases.js";
import { matrixCases } from "./matrixGoldenCases.js";
import { rosenbrock } from "./objectives.js";

/** Cases that are replayed through an objective instead: below, and by lineSearch.test.ts. */
const objectiveCases = ["backtracking-gd", "lbfgs-strong-wolfe", "lbfgs-strong-wolfe-20"];

/** Cases of averages of given weights, which averages.test.ts replays. */
const averageCases = ["lawa-queue-k3", "lawa-ema-as-submitted", "lawa-ema-float-beta"];

const parametersOf = (golden: Golden) =>
  golden.params.map(({ name, shape }) => ({ name, shape, role: "other" as const }));

describe.each(Object.entries(cases))("%s", (name, spec) => {
  const golden = readGolden(name);
  it("is replayed by the float64 reference to the recording's own precision", () => {
    const optimizer = createOptimizer(spec(golden), parametersOf(golden), {
      backend: "float64",
      groups: groupsOf(golden),
    });
    expect(replay(optimizer, golden)).toBeLessThanOrEqual(goldenTolerance(golden));
  });
  it("is replayed by the fused float32 kernel within 2e-5 of the trajectory's scale", () => {
    const optimizer = createOptimizer(spec(golden), parametersOf(golden), {
      backend: "wasm",
      groups: groupsOf(golden),
    });
    expect(replay(optimizer, golden)).toBeLessThanOrEqual(2e-5);
  });
});

describe("backtracking-gd", () => {
  const golden = readGolden("backtracking-gd");
  const { sgd_learning_rate: sgdLearningRate, ...search } = golden.hyper;
  const expected = new Map(checkpoints(golden));
  it.each([
    ["float64", goldenTolerance(golden)],
    ["wasm", 2e-5],
  ] as const)("is replayed, every step size too, in %s", (backend, tolerance) => {
    expect(sgdLearningRate).toBe(1);
    const optimizer = createLineSearchOptimizer(
      fromOriginal("gd-backtracking", "optax", search),
      parametersOf(golden),
      { backend },
    );
    const x = optimizer.parameter("x");
    x.set(golden.params[0]?.init ?? []);
    for (let k = 1; k <= golden.steps; k++) {
      const { stepSize, satisfied } = optimizer.step(() => rosenbrock(x, optimizer.gradient("x")));
      expect(satisfied).toBe(true);
      const recorded = golden.learning_rates?.[k] ?? Number.NaN;
      expect(Math.abs(stepSize / recorded - 1)).toBeLessThanOrEqual(tolerance);
      for (const [index, value] of (expected.get(k) ?? []).entries())
        expect(Math.abs((x[index] ?? Number.NaN) - value) / trajectoryScale(golden)).toBeLessThanOrEqual(
          tolerance,
        );
    }
  });
});

describe("the copies", () => {
  it("are all replayed", () => {
    expect(
      [...Object.keys(cases), ...Object.keys(matrixCases), ...objectiveCases, ...averageCases].sort(),
    ).toEqual([...goldenNames].sort());
  });

  const shared = sharedGoldens();
  if (shared === undefined)
    process.stderr.write(
      "skipped: ../shared/golden is not there, so the copied recordings are not compared with it\n",
    );
  const ours =
    /^(sgd|adagrad|rmsprop|adadelta|adam|amsgrad|adamw|lamb|dadapt-(sgd|adam)|amos|prodigy|schedulefree|adamax|nadam|nadamw|nadamp|generalized-adam|radam|ademamix|adabelief|yogi|adan|lion|rprop|adafactor|cautious-(adamw|lion|adafactor)|sophia|lookahead|lawa-(queue|ema)|muon|shampoo|soap|caspr|backtracking|lbfgs-strong-wolfe)(-|$)/;
  // torch 1.13 multiplied μ into its product twice, which its authors corrected: kept on record, but not followed.
  const mistaken = ["nadam-torch113"];
  it.skipIf(shared === undefined)("are those of ../shared/golden, and none of our rules is left out", () => {
    for (const name of goldenNames) expect(fixtureText(name), name).toBe(shared?.get(name));
    expect(
      [...(shared?.keys() ?? [])].filter((name) => ours.test(name) && !mistaken.includes(name)).sort(),
    ).toEqual([...goldenNames].sort());
  });
});
