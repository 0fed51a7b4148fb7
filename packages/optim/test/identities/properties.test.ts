import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Optimizer } from "../../src/optimizer/config.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import { backends } from "../forms.js";

/*
 * Identities for any gradients and any values: one method is another, or a closed form, or it does not notice
 * a change of scale.
 */

const size = 5;
const steps = 12;
const start = Array.from({ length: size }, (_, i) => Math.fround(Math.cos(1 + i)));

type Vectors = readonly (readonly number[])[];
const component = fc.double({ min: -2, max: 2, noNaN: true }).map(Math.fround);
const vectorOf = (one: fc.Arbitrary<number>) => fc.array(one, { minLength: size, maxLength: size });
const vectorsOf = (one: fc.Arbitrary<number>): fc.Arbitrary<Vectors> =>
  fc.array(vectorOf(one), { minLength: steps, maxLength: steps });
/** Of a size that no ε matters beside, so that also float32's squares are exact enough. */
const sizeable = component.map((g) => (Math.abs(g) < 0.01 ? 1 : g));
const rate = fc.double({ min: 0.01, max: 0.5, noNaN: true });
const decay = fc.double({ min: 0, max: 0.95, noNaN: true });

const build = (
  text: string,
  backend: (typeof backends)[number],
  from: readonly number[] = start,
): Optimizer => {
  const optimizer = createOptimizer(parseOptimizerSpec(text), [{ name: "x", shape: [size], role: "other" }], {
    backend,
  });
  optimizer.parameter("x").set(from);
  return optimizer;
};
/** The parameters after every step. */
function path(optimizer: Optimizer, gradients: Vectors): Vectors {
  return gradients.map((g) => {
    optimizer.gradient("x").set(g);
    optimizer.step();
    return [...optimizer.parameter("x")];
  });
}
const evaluated = (optimizer: Optimizer): readonly number[] => {
  optimizer.enterEvaluation();
  const found = [...optimizer.evaluationParameter("x")];
  optimizer.leaveEvaluation();
  return found;
};
const gap = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / Math.max(1, ...b.map(Math.abs));
const length = (x: readonly number[]): number => Math.hypot(...x);
const difference = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, i) => value - (b[i] ?? Number.NaN));

describe.each(backends)("on %s", (backend) => {
  const tolerance = backend === "float64" ? 1e-12 : 1e-5;
  const closeTo = (a: readonly number[], b: readonly number[]) => expect(gap(a, b)).toBeLessThan(tolerance);

  it("AMSGrad is Adam where gradients only grow, in all its forms that debias", () => {
    fc.assert(
      fc.property(
        vectorOf(sizeable),
        fc.array(fc.double({ min: 1, max: 1.5, noNaN: true }), { minLength: steps, maxLength: steps }),
        (first, growth) => {
          let g = first;
          const gradients = growth.map((factor) => {
            g = g.map((value) => Math.fround(value * factor));
            return g;
          });
          const adam = path(build("adam", backend), gradients);
          for (const maximum of ["raw", "debiased"])
            for (const [k, x] of path(build(`amsgrad:maximum=${maximum}`, backend), gradients).entries())
              closeTo(x, adam[k] ?? []);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("AMSGrad's divisor never falls", () => {
    fc.assert(
      fc.property(
        vectorsOf(component),
        fc.constantFrom("raw", "debiased", "undebiased"),
        (gradients, maximum) => {
          const optimizer = build(`amsgrad:maximum=${maximum}`, backend);
          let before = start.map(() => 0);
          for (const g of gradients) {
            path(optimizer, [g]);
            const now = [...optimizer.state("x", "vMax")];
            for (const [i, value] of now.entries()) expect(value).toBeGreaterThanOrEqual(before[i] ?? 0);
            before = now;
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("LAMB's step has Adam's direction and is lr‖x‖ long; from 0 its first step is Adam's", () => {
    fc.assert(
      fc.property(vectorOf(sizeable), vectorOf(sizeable), rate, (g, from, lr) => {
        const text = `lr=${lr},eps=1e-6`;
        const [lamb = [], adam = []] = [`lamb:${text}`, `adam:${text}`].map((one) =>
          difference(path(build(one, backend, from), [g])[0] ?? [], from),
        );
        const scale = (lr * length(from)) / length(adam);
        expect(
          gap(
            lamb,
            adam.map((value) => scale * value),
          ),
        ).toBeLessThan(10 * tolerance);
        const zero = from.map(() => 0);
        closeTo(
          path(build(`lamb:${text}`, backend, zero), [g])[0] ?? [],
          path(build(`adam:${text}`, backend, zero), [g])[0] ?? [],
        );
      }),
      { numRuns: 30 },
    );
  });

  it("LARS's first step has the gradient's direction and is α·η‖x‖ long", () => {
    fc.assert(
      fc.property(vectorOf(sizeable), vectorOf(sizeable), rate, (g, from, lr) => {
        const step = difference(from, path(build(`lars:lr=${lr},trust=0.5`, backend, from), [g])[0] ?? []);
        const scale = (0.5 * lr * length(from)) / length(g);
        expect(
          gap(
            step,
            g.map((value) => scale * value),
          ),
        ).toBeLessThan(10 * tolerance);
      }),
      { numRuns: 30 },
    );
  });

  it("Lion without memory and RMSProp without memory step by the sign", () => {
    fc.assert(
      fc.property(vectorsOf(sizeable), rate, (gradients, lr) => {
        for (const text of [`lion:lr=${lr},beta1=0`, `rmsprop:lr=${lr},gamma=0,eps=0`]) {
          let expected = start;
          for (const [k, x] of path(build(text, backend), gradients).entries()) {
            expected = expected.map((value, i) => value - lr * Math.sign(gradients[k]?.[i] ?? Number.NaN));
            closeTo(x, expected);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("cautious methods without momentum agree with every gradient, and are what they are made of", () => {
    fc.assert(
      fc.property(vectorsOf(sizeable), rate, (gradients, lr) => {
        for (const [cautious, plain] of [
          [`cautious-adamw:lr=${lr},beta1=0`, `adamw:lr=${lr},beta1=0,eps=1e-6,weightDecay=0`],
          [`cautious-lion:lr=${lr},beta1=0,maskScale=mean`, `lion:lr=${lr},beta1=0`],
        ] as const)
          closeTo(
            path(build(cautious, backend), gradients).at(-1) ?? [],
            path(build(plain, backend), gradients).at(-1) ?? [],
          );
      }),
      { numRuns: 30 },
    );
  });

  it("DiLoCo over SGD with an outer step after each inner one is SGD with Nesterov's momentum", () => {
    fc.assert(
      fc.property(vectorsOf(component), rate, rate, decay, (gradients, inner, outer, momentum) => {
        const one = `diloco:base=sgd,lr=${inner},outerLr=${outer},outerMomentum=${momentum},syncPeriod=1`;
        const other = `nesterov:lr=${inner * outer},beta=${momentum}`;
        closeTo(
          path(build(one, backend), gradients).at(-1) ?? [],
          path(build(other, backend), gradients).at(-1) ?? [],
        );
      }),
      { numRuns: 30 },
    );
  });

  it("LAWA evaluates with the mean of the last copies, or their moving average, of any start and period", () => {
    const count = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(vectorsOf(component), count, count, decay, (gradients, from, period, beta) => {
        const copying = `base=sgd,lr=0.1,averageStart=${from},averagePeriod=${period}`;
        const queue = build(`lawa-queue:copies=3,${copying}`, backend);
        const ema = build(`lawa-ema:averageDecay=${beta},${copying}`, backend);
        const copies: (readonly number[])[] = [];
        let average: readonly number[] | undefined;
        for (const [k, g] of gradients.entries()) {
          const [x = []] = path(queue, [g]);
          expect(path(ema, [g])[0]).toEqual(x);
          if (k >= from && (k - from) % period === 0) {
            copies.push(x);
            average = average?.map((value, i) => beta * value + (1 - beta) * (x[i] ?? Number.NaN)) ?? x;
          }
          const last = copies.slice(-3);
          const mean = x.map((_, i) => last.reduce((sum, copy) => sum + (copy[i] ?? Number.NaN), 0) / 3);
          closeTo(evaluated(queue), last.length === 3 ? mean : x);
          closeTo(evaluated(ema), average ?? x);
        }
      }),
      { numRuns: 30 },
    );
  });

  // Without ε, and a power of two, so that nothing is rounded differently.
  it.each([
    ...[
      "adam:eps=0",
      "adamw:eps=0",
      "amsgrad:eps=0",
      "adagrad:eps=0",
      "rmsprop:eps=0",
      "adamax:epsPlacement=none",
    ],
    ...[
      "nadam:eps=0",
      "nadamw:eps=0",
      "ademamix:eps=0",
      "adan:eps=0",
      "lion",
      "rprop",
      "cautious-lion",
      "cautious-adamw:eps=0",
    ],
    ...["lamb:eps=0", "schedule-free-adamw:eps=0", "adagrad:eps=0,epsPlacement=outside"],
  ])("%s does not notice the gradient's scale", (text) => {
    fc.assert(
      fc.property(vectorsOf(sizeable), fc.integer({ min: -20, max: 20 }), (gradients, power) => {
        const scaled = gradients.map((g) => g.map((value) => value * 2 ** power));
        expect(path(build(text, backend), scaled)).toEqual(path(build(text, backend), gradients));
      }),
      { numRuns: 20 },
    );
  });
});
