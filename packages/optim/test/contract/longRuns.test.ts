import { describe, expect, it } from "vitest";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { formsOf, onBackends } from "../forms.js";
import { fillHessian, parabola, rosenbrock } from "../objectives.js";

/*
 * Ten thousand steps of every method on a parabola and on Rosenbrock's function, by the first step size that
 * gets far in the first thousand, which then falls to 0. In float32, where long runs go wrong first, in every
 * form; in float64, which the transcriptions hold to the literal rule in every form, by the defaults.
 */

const steps = 10_000;
const exploring = 1_000;
const learningRates = [0.1, 0.3, 0.03, 1, 0.01, 0.003, 0.001, 10];

/** Values relative to that at the start: where the first thousand steps must lead, and where all of them. */
const problems = [
  {
    ...{ title: "a parabola", objective: parabola, shape: [3, 2], start: [3, 3, -3, 1, -2, 4] },
    ...{ promising: 1e-2, final: 1e-6 },
  },
  {
    ...{ title: "Rosenbrock's function", objective: rosenbrock, shape: [1, 2], start: [-1.2, 1] },
    // From (−1.2, 1), where the value is 24.2, the valley's floor lies below 4.2.
    ...{ promising: 4.2 / 24.2, final: 0.05 },
  },
] as const;

const forms = onBackends(formsOf("rule", "matrix")).filter(
  ([, backend, { options }, { options: declared }]) =>
    backend === "wasm" || Object.entries(options).every(([name, value]) => value === declared[name]?.default),
);

describe.each(forms)("%s on %s", (_, backend, spec, entry) => {
  it.each(problems)("minimises $title", ({ objective, shape, start, promising, final }) => {
    const initial = objective(start, []);
    for (const lr of learningRates) {
      const hyper = {
        ...("lr" in entry.hyper ? { lr } : {}),
        ...("weightDecay" in entry.hyper ? { weightDecay: 0 } : {}),
      };
      const optimizer = createOptimizer({ ...spec, hyper }, [{ name: "x", shape, role: "hiddenMatrix" }], {
        ...{ backend, nonFinite: "skip" },
        schedule: (step) => Math.min(1, (steps - step) / (steps - exploring)),
      });
      const [x, gradient] = [optimizer.parameter("x"), optimizer.gradient("x")];
      x.set(start);
      const valueAfter = (further: number): number => {
        for (let k = 1; k <= further; k++) {
          objective(x, gradient);
          fillHessian(optimizer, objective);
          optimizer.step();
        }
        return objective(x, gradient) / initial;
      };
      // Also where it is NaN.
      if (!(valueAfter(exploring) < promising)) continue;
      expect(valueAfter(steps - exploring)).toBeLessThan(final);
      optimizer.enterEvaluation();
      expect(objective(optimizer.evaluationParameter("x"), []) / initial).toBeLessThan(final);
      return;
    }
    expect.fail(`none of the step sizes ${learningRates.join(", ")} gets far`);
  });
});
