import { describe, expect, it } from "vitest";
import { defineRule } from "../language/defineRule.js";
import { abs, add, div, ema, max, mul, pow, select, sqrt, square, sub } from "../language/expression.js";
import { decayRate, nonNegative, stepSize } from "../language/hyper.js";
import type { Rule } from "../language/rule.js";
import type { ParameterSpec } from "../parameter.js";
import type { OptimizerConfig } from "./config.js";
import { createRuleOptimizer } from "./optimizer.js";

/*
 * Rules that a user might define at run time, of several passes with sums between them, against literal
 * transcriptions.
 */

const cite = { authors: "You et al.", year: 2019, title: "-" };

/** LAMB: Adam's direction, rescaled to each parameter's own norm. */
const lamb = defineRule({
  name: "my-lamb",
  title: "LAMB",
  summary: "layer-wise trust ratio",
  cite,
  hyper: {
    lr: stepSize(0.01),
    beta1: decayRate(0.9, "\\beta_1", "decay of the mean"),
    beta2: decayRate(0.99, "\\beta_2", "decay of the mean square"),
    epsilon: nonNegative(1e-6, "\\varepsilon", "added to the root"),
  },
  body: (rule) =>
    rule
      .phases({ state: { m: 0, v: 0, direction: 0 } })
      .phase({
        scalars: ({ k, beta1, beta2 }) => ({ c1: sub(1, pow(beta1, k)), c2: sub(1, pow(beta2, k)) }),
        update: ({ g, m, v, beta1, beta2, epsilon, c1, c2 }) => {
          const mean = ema(m, g, beta1);
          const meanSquare = ema(v, square(g), beta2);
          const direction = div(div(mean, c1), add(sqrt(div(meanSquare, c2)), epsilon));
          return { m: mean, v: meanSquare, direction };
        },
      })
      .phase({
        reduce: ({ x, direction }) => ({
          weights: { over: "parameter", sum: square(x) },
          steps: { over: "parameter", sum: square(direction) },
        }),
      })
      .phase({
        scalars: ({ weights, steps }) => ({
          trust: select(mul(weights, steps), "equal", 0, 1, div(sqrt(weights), sqrt(steps))),
        }),
        update: ({ x, lr, trust, direction }) => ({ x: sub(x, mul(mul(lr, trust), direction)) }),
      }),
});

/** Prodigy's estimate of the distance to the solution, in short: sums over the group and a carried scalar. */
const distance = defineRule({
  name: "my-distance",
  title: "Distance",
  summary: "step size from an estimate of the distance",
  cite,
  hyper: {
    lr: stepSize(1),
    d0: nonNegative(1e-2, "d_0", "first estimate"),
    beta: decayRate(0.9, "\\beta", "decay"),
  },
  body: (rule) =>
    rule
      .phases({ state: { start: 0, s: 0 }, carried: { d: rule.hyper.d0, numerator: 0 } })
      .phase({
        reduce: ({ x, g, k, start }) => ({
          inner: { over: "group", sum: mul(g, sub(select(k, "equal", 1, x, start), x)) },
        }),
        update: ({ x, g, k, s, start, d, beta }) => ({
          start: select(k, "equal", 1, x, start),
          s: add(mul(beta, s), mul(d, g)),
        }),
        carry: ({ numerator, inner, beta, d }) => ({ numerator: add(mul(beta, numerator), mul(d, inner)) }),
      })
      .phase({
        reduce: ({ s }) => ({ size: { over: "group", sum: abs(s) } }),
        carry: ({ d, numerator, size }) => ({ d: max(d, div(numerator, max(size, 1e-12))) }),
      })
      .phase({ update: ({ x, g, lr, d }) => ({ x: sub(x, mul(mul(lr, d), g)) }) }),
});

/** A parameter's own step size, from its own gradients, and a share of everyone's. */
const ownSteps = defineRule({
  name: "my-own-steps",
  title: "Own steps",
  summary: "one step size a parameter",
  cite,
  hyper: { lr: stepSize(0.1), start: nonNegative(0.5, "s_0", "first sum") },
  body: (rule) =>
    rule
      .phases({
        carriedPerParameter: { squares: rule.hyper.start, last: 0 },
        carried: { everyone: 1 },
        evaluation: ({ x, squares, everyone }) => sub(x, mul(1e-3, add(squares, everyone))),
      })
      .phase({
        reduce: ({ g }) => ({
          own: { over: "parameter", sum: square(g) },
          all: { over: "all", sum: square(g) },
        }),
        carry: ({ squares, own, everyone, all }) => ({
          // Each from the old value of the other.
          squares: add(squares, own),
          last: squares,
          everyone: add(mul(0.5, everyone), mul(0.001, all)),
        }),
      })
      .phase({
        scalars: ({ lr, squares, last, everyone }) => ({
          rate: mul(everyone, div(lr, sqrt(add(squares, mul(0.5, last))))),
        }),
        update: ({ x, g, rate }) => ({ x: sub(x, mul(rate, g)) }),
      }),
});

const parameters: readonly ParameterSpec[] = [
  { name: "a", shape: [3, 11], role: "hiddenMatrix" },
  { name: "none", shape: [0], role: "other" },
  { name: "b", shape: [1], role: "bias" },
  { name: "c", shape: [37], role: "head" },
];
const value = (p: number, i: number, step: number) => Math.fround(Math.cos(p * 31 + i * 7.7 + step * 1.3));

type Step = (step: number, gradients: readonly (readonly number[])[]) => void;

/** Runs the rule and the transcription side by side. */
function compare(
  rule: Rule,
  transcription: (x: readonly number[][]) => Step,
  config: OptimizerConfig,
  tolerance: number,
) {
  const optimizer = createRuleOptimizer({ rule }, parameters, config);
  const x = parameters.map(({ name }, p) => {
    const view = optimizer.parameter(name);
    view.forEach((_, i) => {
      view[i] = name === "b" ? 0 : value(p, i, 0);
    });
    return [...view];
  });
  const literal = transcription(x);
  for (let step = 1; step <= 30; step++) {
    const gradients = parameters.map(({ name }, p) => {
      const view = optimizer.gradient(name);
      view.forEach((_, i) => {
        view[i] = value(p, i, step) + Math.fround(0.5 * Math.sin(i));
      });
      return [...view];
    });
    optimizer.step();
    literal(step, gradients);
    parameters.forEach(({ name }, p) => {
      optimizer.parameter(name).forEach((found, i) => {
        expect(Math.abs(found - (x[p]?.[i] ?? Number.NaN)), `${name}[${i}], step ${step}`).toBeLessThan(
          tolerance,
        );
      });
    });
  }
}

const literalLamb = (x: readonly number[][]): Step => {
  const m = x.map((values) => values.map(() => 0));
  const v = x.map((values) => values.map(() => 0));
  return (step, gradients) => {
    x.forEach((values, p) => {
      const direction = values.map((_, i) => {
        const g = gradients[p]?.[i] ?? 0;
        const mean = 0.9 * (m[p]?.[i] ?? 0) + (1 - 0.9) * g;
        const meanSquare = 0.99 * (v[p]?.[i] ?? 0) + (1 - 0.99) * g * g;
        m[p]?.splice(i, 1, mean);
        v[p]?.splice(i, 1, meanSquare);
        return mean / (1 - 0.9 ** step) / (Math.sqrt(meanSquare / (1 - 0.99 ** step)) + 1e-6);
      });
      const weights = Math.hypot(...values);
      const steps = Math.hypot(...direction);
      const trust = weights === 0 || steps === 0 ? 1 : weights / steps;
      direction.forEach((one, i) => {
        values[i] = (values[i] ?? 0) - 0.01 * trust * one;
      });
    });
  };
};

const literalDistance = (x: readonly number[][]): Step => {
  const start = x.map((values) => [...values]);
  const s = x.map((values) => values.map(() => 0));
  let d = 1e-2;
  let numerator = 0;
  return (_, gradients) => {
    let inner = 0;
    let size = 0;
    x.forEach((values, p) => {
      values.forEach((one, i) => {
        const g = gradients[p]?.[i] ?? 0;
        inner += g * ((start[p]?.[i] ?? 0) - one);
        const next = 0.9 * (s[p]?.[i] ?? 0) + d * g;
        s[p]?.splice(i, 1, next);
        size += Math.abs(next);
      });
    });
    numerator = 0.9 * numerator + d * inner;
    d = Math.max(d, numerator / Math.max(size, 1e-12));
    x.forEach((values, p) => {
      values.forEach((one, i) => {
        values[i] = one - d * (gradients[p]?.[i] ?? 0);
      });
    });
  };
};

const literalOwnSteps = (x: readonly number[][]): Step => {
  const squares = x.map(() => 0.5);
  let everyone = 1;
  return (_, gradients) => {
    const sums = gradients.map((one) => one.reduce((sum, g) => sum + g * g, 0));
    everyone = 0.5 * everyone + 0.001 * sums.reduce((sum, one) => sum + one, 0);
    x.forEach((values, p) => {
      const last = squares[p] ?? Number.NaN;
      squares[p] = last + (sums[p] ?? Number.NaN);
      const rate = (everyone * 0.1) / Math.sqrt((squares[p] ?? Number.NaN) + 0.5 * last);
      values.forEach((one, i) => {
        values[i] = one - rate * (gradients[p]?.[i] ?? 0);
      });
    });
  };
};

describe("rules of several phases", () => {
  it("carries scalars for each parameter, whatever the groups, and sums over all groups", () => {
    for (const groups of [[], [{ names: ["c", "b"] }]]) {
      compare(ownSteps, literalOwnSteps, { backend: "float64", groups }, 1e-12);
      compare(ownSteps, literalOwnSteps, { groups }, 1e-5);
    }
  });

  it("saves what is carried for each parameter, and evaluates with it", () => {
    for (const backend of ["wasm", "float64"] as const) {
      const build = () => createRuleOptimizer({ rule: ownSteps }, parameters, { backend });
      const first = build();
      first.gradient("a").fill(1);
      first.gradient("c").fill(2);
      first.step();
      const second = build();
      second.loadState(first.saveState());
      expect(second.saveState()).toEqual(first.saveState());
      second.enterEvaluation();
      const everyone = 0.5 + 0.001 * (33 + 4 * 37);
      for (const [name, squares] of [
        ["a", 33.5],
        ["b", 0.5],
        ["c", 148.5],
      ] as const)
        expect(second.evaluationParameter(name)[0]).toBeCloseTo(-1e-3 * (squares + everyone), 6);
    }
  });

  it("sums over each parameter", () => {
    compare(lamb, literalLamb, { backend: "float64" }, 1e-12);
    compare(lamb, literalLamb, {}, 1e-5);
  });

  it("sums over the group and carries scalars from step to step", () => {
    compare(distance, literalDistance, { backend: "float64" }, 1e-11);
    compare(distance, literalDistance, {}, 2e-5);
  });

  it("resumes carried scalars to the bit", () => {
    for (const backend of ["wasm", "float64"] as const) {
      const fresh = () => {
        const optimizer = createRuleOptimizer({ rule: distance, hyper: { d0: 0.1 + 0.2 } }, parameters, {
          backend,
          groups: [{ roles: ["head"], hyper: { d0: 0.05 } }],
        });
        parameters.forEach(({ name }, p) => {
          const view = optimizer.parameter(name);
          view.forEach((_, i) => {
            view[i] = value(p, i, 0);
          });
        });
        return optimizer;
      };
      const run = (optimizer: ReturnType<typeof fresh>, from: number, to: number) => {
        for (let step = from; step <= to; step++) {
          parameters.forEach(({ name }, p) => {
            const view = optimizer.gradient(name);
            view.forEach((_, i) => {
              view[i] = value(p, i, step);
            });
          });
          optimizer.step();
        }
      };
      const whole = fresh();
      run(whole, 1, 9);
      const first = fresh();
      run(first, 1, 4);
      const second = fresh();
      const saved = first.saveState();
      second.loadState(saved);
      for (const { name } of parameters) second.parameter(name).set(first.parameter(name));
      run(second, 5, 9);
      expect(second.saveState()).toEqual(whole.saveState());
      expect(parameters.map(({ name }) => [...second.parameter(name)])).toEqual(
        parameters.map(({ name }) => [...whole.parameter(name)]),
      );
      // The two groups carry an estimate each.
      const carried: { groups: { carried: { d: string } }[] } = JSON.parse(saved.metadata.optimizer ?? "");
      expect(new Set(carried.groups.map(({ carried: { d } }) => d)).size).toBe(2);
    }
  });
});
