import { describe, expect, it } from "vitest";
import { defineRule } from "../../language/defineRule.js";
import { abs, add, div, floor, max, mod, mul, select, sqrt, square, sub } from "../../language/expression.js";
import { count, nonNegative, stepSize } from "../../language/hyper.js";
import type { ParameterSpec } from "../../parameter.js";
import type { Optimizer, OptimizerConfig } from "../config.js";
import { createRuleOptimizer } from "../optimizer.js";

/*
 * Rules that begin from the parameter, train at one point and are evaluated at another, do something every so
 * many steps, sum over every group and read more than gradients, against a literal transcription.
 */

const described = {
  title: "Averaging",
  summary: "everything that a rule may do beside its update",
  cite: { authors: "-", year: 2024, title: "-" },
} as const;

/** SGD in units of the gradient's root mean square so far, whose average over syncs is what one evaluates. */
const averaging = defineRule({
  name: "my-averaging",
  ...described,
  hyper: {
    lr: stepSize(0.1),
    period: count(3, "p", "updates between two syncs"),
    weight: nonNegative(0.25, "w", "of the slow weights"),
  },
  body: (rule) =>
    rule
      .phases({
        state: { slow: 0, first: 0 },
        carried: { syncs: 0, squares: 0 },
        inputs: ["curvature"],
        begin: ({ x, g }) => ({ slow: x, first: g }),
        evaluation: ({ x, slow, weight, syncs, k }) =>
          select(syncs, "greater", 1, add(mul(weight, slow), mul(sub(1, weight), x)), sub(x, mul(1e-3, k))),
      })
      .phase({
        reduce: ({ g }) => ({ total: { over: "all", sum: square(g) } }),
        carry: ({ squares, total }) => ({ squares: add(squares, total) }),
      })
      .phase({
        scalars: ({ squares, k, lr }) => ({ rate: div(lr, max(sqrt(div(squares, k)), 1e-3)) }),
        update: ({ x, g, rate, first, curvature }) => ({
          x: sub(x, div(mul(rate, add(g, mul(0.1, first))), add(1, abs(curvature)))),
        }),
      })
      .phase({
        scalars: ({ k, period }) => ({ phase: mod(k, period) }),
        when: ({ phase }) => select(phase, "equal", 0, 1, 0),
        reduce: ({ x, slow }) => ({
          gap: { over: "group", sum: square(sub(x, slow)) },
          size: { over: "parameter", sum: square(x) },
        }),
        update: ({ x, slow }) => ({ slow: add(slow, mul(0.5, sub(x, slow))) }),
        carry: ({ syncs, gap }) => ({ syncs: add(syncs, select(gap, "greater", 0, 1, 0)) }),
      })
      .phase({
        // Skipped phases sum to 0.
        update: ({ x, size, gap }) => ({
          x: select(add(size, gap), "equal", 0, x, add(x, mul(1e-4, floor(x)))),
        }),
      }),
});

const parameters: readonly ParameterSpec[] = [
  { name: "a", shape: [5], role: "other" },
  { name: "b", shape: [2, 11], role: "head" },
];
const value = (p: number, i: number, step: number): number =>
  Math.fround(Math.sin(7 * p + 3 * i + 5 * step) * (step % 4 === 2 ? 0.01 : 1));

/** The rule by hand, over the given groups of parameters. */
function literal(hyper: { lr: number; period: number; weight: number }) {
  const sizes = [5, 22];
  const make = (step: number) =>
    sizes.map((size, p) => Array.from({ length: size }, (_, i) => value(p, i, step)));
  let x = make(0);
  let slow = x.map((one) => [...one]);
  const first = make(1);
  let squares = 0;
  const syncs = [0, 0];
  let k = 0;
  return {
    step: () => {
      k++;
      const g = make(k);
      squares += g.flat().reduce((sum, one) => sum + one * one, 0);
      const rate = hyper.lr / Math.max(Math.sqrt(squares / k), 1e-3);
      x = x.map((one, p) =>
        one.map(
          (old, i) =>
            old - (rate * ((g[p]?.[i] ?? 0) + 0.1 * (first[p]?.[i] ?? 0))) / (1 + Math.abs(value(p, i, 77))),
        ),
      );
      if (k % hyper.period !== 0) return;
      slow = slow.map((one, p) => one.map((old, i) => old + 0.5 * ((x[p]?.[i] ?? 0) - old)));
      syncs.forEach((_, p) => {
        syncs[p] = (syncs[p] ?? 0) + 1;
      });
      x = x.map((one) => one.map((old) => old + 1e-4 * Math.floor(old)));
    },
    training: () => x.flat(),
    evaluation: () =>
      x.flatMap((one, p) =>
        one.map((now, i) =>
          (syncs[p] ?? 0) > 1
            ? hyper.weight * (slow[p]?.[i] ?? 0) + (1 - hyper.weight) * now
            : now - 1e-3 * k,
        ),
      ),
  };
}

const hyper = { lr: 0.2, period: 3, weight: 0.25 };

function build(config: OptimizerConfig): Optimizer {
  const optimizer = createRuleOptimizer({ rule: averaging, hyper }, parameters, config);
  parameters.forEach(({ name }, p) => {
    const view = optimizer.parameter(name);
    const input = optimizer.input("curvature", name);
    view.forEach((_, i) => {
      view[i] = value(p, i, 0);
      input[i] = value(p, i, 77);
    });
  });
  return optimizer;
}

const run = (optimizer: Optimizer, from: number, to: number): Optimizer => {
  for (let step = from; step <= to; step++) {
    parameters.forEach(({ name }, p) => {
      const view = optimizer.gradient(name);
      view.forEach((_, i) => {
        view[i] = value(p, i, step);
      });
    });
    optimizer.step();
  }
  return optimizer;
};

const training = (optimizer: Optimizer) => parameters.flatMap(({ name }) => [...optimizer.parameter(name)]);
const evaluation = (optimizer: Optimizer) =>
  parameters.flatMap(({ name }) => [...optimizer.evaluationParameter(name)]);

const expectClose = (found: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(found).toHaveLength(expected.length);
  for (const [i, one] of expected.entries())
    expect(Math.abs((found[i] ?? Number.NaN) - one)).toBeLessThan(tolerance);
};

describe.each(["float64", "wasm"] as const)("a rule that averages, in %s", (backend) => {
  const tolerance = backend === "float64" ? 1e-12 : 2e-5;

  it("is its transcription, over one group and over two, at both points", () => {
    for (const groups of [[], [{ roles: ["head" as const], hyper: {} }]]) {
      const optimizer = build({ backend, groups });
      const expected = literal(hyper);
      for (let k = 1; k <= 12; k++) {
        run(optimizer, k, k);
        expected.step();
        const before = training(optimizer);
        expectClose(before, expected.training(), tolerance);
        optimizer.enterEvaluation();
        expectClose(evaluation(optimizer), expected.evaluation(), tolerance);
        optimizer.leaveEvaluation();
        expect(training(optimizer)).toEqual(before);
      }
    }
  });

  it("evaluates at x before the first update", () => {
    const optimizer = build({ backend });
    optimizer.enterEvaluation();
    expect(evaluation(optimizer)).toEqual(training(optimizer));
  });

  it("resumes to the bit, saved in either mode", () => {
    const whole = run(build({ backend }), 1, 9);
    for (const at of [0, 2, 5]) {
      const first = run(build({ backend }), 1, at);
      first.enterEvaluation();
      const second = build({ backend });
      second.enterEvaluation();
      second.loadState(first.saveState());
      expect(second.mode).toBe("training");
      for (const { name } of parameters) second.parameter(name).set(first.parameter(name));
      run(second, at + 1, 9);
      expect(training(second)).toEqual(training(whole));
      expect(second.saveState()).toEqual(whole.saveState());
    }
  });

  it("begins from the averaged and clipped gradient", () => {
    const optimizer = build({ backend, accumulate: 2, clip: { value: 0.25 } });
    for (const one of [3, 1]) {
      for (const { name } of parameters) optimizer.gradient(name).fill(one / 4);
      optimizer.step();
    }
    expect(new Set(optimizer.state("b", "first"))).toEqual(new Set([0.25]));
  });

  it("has arrays of its own for what it evaluates with, and says what they take", () => {
    const optimizer = build({ backend });
    const array = 27 * (backend === "wasm" ? 4 : 8);
    expect(optimizer.arenaBytes).toMatchObject({ state: 2 * array, inputs: array, evaluation: array });
    expect(optimizer.inputs).toEqual(["curvature"]);
    expect(() => optimizer.state("a", "curvature")).toThrow('"curvature"');
    optimizer.enterEvaluation();
    const view = optimizer.evaluationParameter("a");
    optimizer.leaveEvaluation();
    run(optimizer, 1, 4);
    optimizer.enterEvaluation();
    expect(optimizer.evaluationParameter("a")).toBe(view);
  });

  it("refuses to mix up the two modes", () => {
    const optimizer = run(build({ backend }), 1, 2);
    const before = optimizer.saveState();
    expect(() => optimizer.evaluationParameter("a")).toThrow(/in training mode.*Call enterEvaluation/s);
    expect(() => optimizer.leaveEvaluation()).toThrow(/in training mode/);
    optimizer.enterEvaluation();
    expect(optimizer.mode).toBe("evaluation");
    expect(() => optimizer.enterEvaluation()).toThrow(/Call leaveEvaluation/);
    expect(() => optimizer.step()).toThrow(/in evaluation mode.*Call leaveEvaluation/s);
    expect(() => optimizer.evaluationParameter("c")).toThrow('"c"');
    expect(() => optimizer.input("hessian", "a")).toThrow('"hessian"');
    expect(optimizer.saveState()).toEqual(before);
  });
});

describe("a rule that does not average", () => {
  const plain = defineRule({
    name: "plain",
    ...described,
    hyper: { lr: stepSize(1) },
    body: (rule) => rule.elementwise({ update: ({ x, g, lr }) => ({ x: sub(x, mul(lr, g)) }) }),
  });

  it("is evaluated at its parameters, in either mode", () => {
    const optimizer = createRuleOptimizer({ rule: plain }, parameters);
    expect(optimizer.evaluationParameter("a")).toBe(optimizer.parameter("a"));
    optimizer.enterEvaluation();
    expect(optimizer.evaluationParameter("a")).toBe(optimizer.parameter("a"));
    expect(() => optimizer.step()).toThrow(/evaluation mode/);
    optimizer.leaveEvaluation();
    expect(optimizer.step().applied).toBe(true);
    expect(() => optimizer.input("hessian", "a")).toThrow(/has no input "hessian"/);
    expect(optimizer.arenaBytes).toMatchObject({ inputs: 0, evaluation: 0 });
  });
});

describe("the checks of a rule", () => {
  const hyperOnly = { lr: stepSize(1) };
  it.each([
    [
      "evaluation that reads the gradient",
      /evaluation uses "g"/,
      () =>
        defineRule({
          name: "wrong",
          ...described,
          hyper: hyperOnly,
          // @ts-expect-error: there is no gradient when one evaluates
          body: (rule) => rule.elementwise({ evaluation: ({ g }) => g, update: ({ x }) => ({ x }) }),
        }),
    ],
    [
      "a beginning of a slot that is not there",
      /slot in wrong, begin: "other"/,
      () =>
        defineRule({
          name: "wrong",
          ...described,
          hyper: hyperOnly,
          body: (rule) => ({ ...rule.elementwise({ update: ({ x }) => ({ x }) }), begin: { other: abs(1) } }),
        }),
    ],
    [
      "a condition that differs from parameter to parameter",
      /phase 2, when depends on a sum over a parameter/,
      () =>
        defineRule({
          name: "wrong",
          ...described,
          hyper: hyperOnly,
          body: (rule) =>
            rule
              .phases({})
              .phase({ reduce: ({ x }) => ({ size: { over: "parameter", sum: abs(x) } }) })
              .phase({ when: ({ size }) => size, update: ({ x }) => ({ x }) }),
        }),
    ],
    [
      "an input that is a slot too",
      /"m" is declared twice/,
      () =>
        defineRule({
          name: "wrong",
          ...described,
          hyper: hyperOnly,
          body: (rule) => rule.elementwise({ state: { m: 0 }, inputs: ["m"], update: ({ x }) => ({ x }) }),
        }),
    ],
  ])("find %s", (_, message, define) => {
    expect(define).toThrow(message);
  });
});
