import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HyperKind } from "../../src/language/rule.js";
import type { MatrixRule } from "../../src/matrix/matrixRule.js";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { type Backend, backends, formsOf } from "../forms.js";
import { noise } from "../gradients.js";
import { caspr, distributedShampoo } from "./blocks.js";
import { type MatrixTranscription, matrixTranscriptions } from "./matrix.js";
import { matrix } from "./plainMatrices.js";
import type { Forms, Numbers } from "./transcriptions.js";

/*
 * Methods on matrices against their transcriptions, for any values of their hyper-parameters under which
 * roots are well conditioned.
 */

const transcriptions: Readonly<Record<string, MatrixTranscription>> = {
  ...matrixTranscriptions,
  "distributed-shampoo": distributedShampoo,
  caspr,
};
const [rows, columns] = [4, 5];
const steps = 12;

const byKind: Readonly<Record<HyperKind, fc.Arbitrary<number>>> = {
  stepSize: fc.double({ min: 1e-3, max: 0.1, noNaN: true }),
  decayRate: fc.double({ min: 0.3, max: 0.95, noNaN: true }),
  nonNegative: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
  positive: fc.double({ min: 0.1, max: 2, noNaN: true }),
  count: fc.integer({ min: 1, max: 4 }),
  fraction: fc.double({ min: 0.5, max: 0.9, noNaN: true }),
  growth: fc.constant(0),
  real: fc.double({ min: -0.5, max: 0.9, noNaN: true }),
};
const byName: Readonly<Record<string, fc.Arbitrary<number>>> = {
  // Of the matrix itself, and where merging makes a vector of it.
  blockSize: fc.constantFrom(2, 3, 5, 100),
  start: fc.integer({ min: 1, max: 8 }),
  leastAxis: fc.constantFrom(1, 4, 5),
  largestAxis: fc.constant(10),
  // Below 0, or long enough a memory that a step without gradients does not leave a factor of zeros.
  factorBeta: fc.oneof(fc.constant(-1), fc.double({ min: 0.3, max: 0.9, noNaN: true })),
  ridge: fc.double({ min: 0.01, max: 0.2, noNaN: true }),
};

/** Those that the rule itself uses: the companion's are of what it leaves. */
const hypersOf = (rule: MatrixRule, options: Forms): fc.Arbitrary<Numbers> => {
  const idle = rule.idle({ ...defaultsOf(rule), ...options });
  return fc.record(
    Object.fromEntries(
      Object.entries(rule.hyper)
        .filter(([name]) => !idle.includes(name))
        .map(([name, { kind }]) => [name, byName[name] ?? byKind[kind]]),
    ),
  );
};
const defaultsOf = (rule: MatrixRule): Forms =>
  Object.fromEntries(Object.entries(rule.options).map(([name, spec]) => [name, spec.default]));

/** The largest error of a back end over a run, relative to the largest parameter. */
function largestError(
  rule: MatrixRule,
  backend: Backend,
  given: Forms,
  hyper: Numbers,
  seed: number,
): number {
  const options = { ...defaultsOf(rule), ...given };
  const values = Object.fromEntries(
    Object.entries(rule.hyper).map(([name, spec]) => [name, hyper[name] ?? spec.default]),
  );
  const start = matrix(rows, columns, (i, j) => noise(seed, i * columns + j));
  const step = transcriptions[rule.name]?.(values, options, start);
  if (step === undefined) throw new Error(`${rule.name} has no transcription`);
  const optimizer = createOptimizer(
    { rule, hyper, options: given },
    [{ name: "x", shape: [rows, columns], role: "hiddenMatrix" }],
    { backend },
  );
  const x = optimizer.parameter("x");
  x.set(start.flat());
  let expected = start;
  let [error, scale] = [0, 1];
  for (let k = 1; k <= steps; k++) {
    // A step without gradients among them; never the first, from which a basis is taken.
    const g = matrix(rows, columns, (i, j) => (k % 5 === 3 ? 0 : 2 * noise(seed + k, 100 + i * columns + j)));
    optimizer.gradient("x").set(g.flat());
    optimizer.step();
    expected = step(expected, g, k);
    for (const [i, value] of expected.flat().entries()) {
      scale = Math.max(scale, Math.abs(value));
      const gap = Math.abs((x[i] ?? Number.NaN) - value);
      if (!Number.isFinite(gap)) return Number.NaN;
      error = Math.max(error, gap);
    }
  }
  return error / scale;
}

/** Eigenvectors of what has no full rank are anybody's choice. */
const isDetermined = ({ preconditioner }: Forms, { blockSize = 0, start = 0 }: Numbers): boolean =>
  preconditioner !== "correctedEigenvalues" || (blockSize < 5 && start >= 5);

/**
 * CASPR takes a root by products as far as it came, like its original: its transcription, which has exact
 * roots, is of the exact form.
 */
const forms = formsOf("matrix").filter(
  ([, { options }, { name }]) => name !== "caspr" || options.root === "eigen",
);

describe.each(forms)("%s", (_, spec, { rule }) => {
  it.each(backends)("is its transcription on %s", (backend) => {
    // CASPR's largest eigenvalue is a power iteration's.
    const exact = spec.options.root === "coupledNewton" ? 1e-5 : rule.name === "caspr" ? 1e-6 : 1e-8;
    const tolerance = backend === "wasm" ? 1e-4 : exact;
    fc.assert(
      fc.property(hypersOf(rule, spec.options), fc.nat(1e6), (hyper, seed) => {
        fc.pre(isDetermined(spec.options, hyper));
        expect(largestError(rule, backend, spec.options, hyper, seed)).toBeLessThan(tolerance);
      }),
      { numRuns: 15, seed: 1, endOnFailure: true },
    );
  });
});

describe("soap on a gradient of low rank that stays the same", () => {
  const { rule } = soapForm();
  const defaults = Object.fromEntries(Object.entries(rule.hyper).map(([name, spec]) => [name, spec.default]));
  const hyper = { ...defaults, weightDecay: 0 };
  const gradientOf = (size: number) => matrix(4, 6, (i, j) => size * Math.sin(j + 1 + i / 10));

  /** Largest change of a weight at each of twelve steps, in learning rates: the literal original's, and ours. */
  const steps = (size: number): readonly [literal: number, ours: number] => {
    const zeros = matrix(4, 6, () => 0);
    const literal = matrixTranscriptions.soap?.(hyper, {}, zeros) ?? ((x) => x);
    const optimizer = createOptimizer(
      { name: "soap", hyper: { weightDecay: 0 }, options: {} },
      [{ name: "x", shape: [4, 6], role: "hiddenMatrix" }],
      { backend: "float64" },
    );
    const most = [0, 0];
    let x = zeros;
    for (let k = 1; k <= 12; k++) {
      const after = literal(x, gradientOf(size), k);
      const before = [...optimizer.parameter("x")];
      optimizer.gradient("x").set(gradientOf(size).flat());
      optimizer.step();
      const changes = [
        after.flat().map((value, i) => value - (x.flat()[i] ?? 0)),
        before.map((value, i) => (optimizer.parameter("x")[i] ?? 0) - value),
      ];
      changes.forEach((change, which) => {
        most[which] = Math.max(most[which] ?? 0, ...change.map(Math.abs));
      });
      x = after;
    }
    const [first = 0, second = 0] = most;
    return [first / (defaults.lr ?? 1), second / (defaults.lr ?? 1)];
  };

  it("takes steps below lr while ε is above rounding", () => {
    for (const size of [1, 1e4]) for (const step of steps(size)) expect(step).toBeLessThan(1);
  });

  it("takes steps of several lr where gradients are so large that ε hides nothing, as the original does", () => {
    for (const size of [1e12, 1e18])
      for (const step of steps(size)) {
        expect(step).toBeGreaterThan(1);
        expect(step).toBeLessThan(1000);
      }
  });
});

function soapForm() {
  const [, , entry] = forms.find(([, { name }]) => name === "soap") ?? [];
  if (entry === undefined) throw new Error("soap has no form");
  return entry;
}
