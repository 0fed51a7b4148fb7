import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOptimizer } from "../../src/optimizer/createOptimizer.js";
import { parseOptimizerSpec } from "../../src/spec.js";
import { noise } from "../gradients.js";
import {
  at,
  type Matrix,
  matrix,
  multiply,
  scaledIdentity,
  transpose,
} from "../transcriptions/plainMatrices.js";

/*
 * What methods on matrices do for any gradients: they turn with them, do not notice their scale, and need no
 * more than what a gradient of rank one has.
 */

const [rows, columns] = [3, 4];

/** Of full rank and far from symmetric cases, where eigenvectors would be anything. */
const gradientOf = (seed: number): Matrix =>
  matrix(rows, columns, (i, j) => noise(seed, i * columns + j) + (i === j ? 3 + i : 0));
const gradient = fc.nat(1e6).map(gradientOf);
/**
 * All different: what SOAP's first gradient has nothing of, and the second neither, is rounding, which Adam
 * makes as large as the rest.
 */
const gradientsOf = (count: number) =>
  fc.uniqueArray(fc.nat(1e6), { minLength: count, maxLength: count }).map((seeds) => seeds.map(gradientOf));

/** A rotation made of plane rotations by these angles. */
const rotation = (size: number) =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: size, maxLength: size }).map((angles) =>
    angles.reduce<Matrix>(
      (product, angle, index) => {
        const [p, q] = [index % size, (index + 1) % size];
        const plane = matrix(size, size, (i, j) => {
          if (i === j) return i === p || i === q ? Math.cos(angle) : 1;
          if (i === p && j === q) return -Math.sin(angle);
          return i === q && j === p ? Math.sin(angle) : 0;
        });
        return multiply(product, plane);
      },
      scaledIdentity(size, 1),
    ),
  );

/** The way from zero after these gradients. */
function travelled(
  text: string,
  gradients: readonly Matrix[],
  shape: readonly number[] = [rows, columns],
): Matrix {
  const optimizer = createOptimizer(parseOptimizerSpec(text), [{ name: "x", shape, role: "hiddenMatrix" }], {
    backend: "float64",
  });
  for (const g of gradients) {
    optimizer.gradient("x").set(g.flat());
    optimizer.step();
  }
  const x = [...optimizer.parameter("x")];
  return matrix(rows, columns, (i, j) => x[i * columns + j] ?? Number.NaN);
}
const gap = (a: Matrix, b: Matrix): number =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - at(b, i, j)))));
const expectEqual = (a: Matrix, b: Matrix, tolerance = 1e-9) => {
  const size = Math.max(...b.flat().map(Math.abs));
  expect(size).toBeGreaterThan(0);
  expect(gap(a, b) / size).toBeLessThan(tolerance);
};
// No shrinking: a smaller seed says no more.
const runs = { numRuns: 25, endOnFailure: true };

it.each([
  ["muon", 1e-9],
  ["muon:method=svd", 1e-9],
  ["muon:method=polarExpress", 1e-9],
  ["shampoo", 1e-9],
  ["shampoo:root=coupledNewton", 1e-4],
  ["distributed-shampoo:eps=1e-6,merge=none", 1e-7],
  ["distributed-shampoo:eps=1e-6,merge=none,grafting=sgd", 1e-7],
  ["soap", 1e-6],
  ["gd", 1e-12],
] as const)("%s turns with its gradients: U·update(G)·Vᵀ = update(U·G·Vᵀ)", (text, tolerance) => {
  fc.assert(
    fc.property(gradientsOf(4), rotation(rows), rotation(columns), (gradients, u, v) => {
      const turn = (matrix: Matrix) => multiply(multiply(u, matrix), transpose(v));
      expectEqual(travelled(text, gradients.map(turn)), turn(travelled(text, gradients)), tolerance);
    }),
    runs,
  );
});

it.each([
  // Its ε stands beside the norm.
  ["muon", 1e-5],
  ["muon:method=svd", 1e-9],
  ["shampoo:eps=0", 1e-9],
  ["distributed-shampoo:eps=1e-30,merge=none,beta2=0.9", 1e-6],
  ["soap:eps=1e-12", 1e-7],
  ["adafactor:eps=0,epsilon=added", 1e-9],
] as const)("%s does not notice the gradient's scale", (text, tolerance) => {
  fc.assert(
    fc.property(gradientsOf(4), fc.integer({ min: -3, max: 10 }), (gradients, power) => {
      const scaled = gradients.map((g) => g.map((row) => row.map((value) => value * 2 ** power)));
      expectEqual(travelled(text, scaled), travelled(text, gradients), tolerance);
    }),
    runs,
  );
});

describe("Muon's step", () => {
  it.each([
    ["svd", 1, 1],
    ["newtonSchulz", 0.68, 1.135],
    ["polarExpress", 0.85, 1.15],
  ] as const)("by %s has singular values between %f and %f, whatever the gradient", (method, low, high) => {
    fc.assert(
      fc.property(gradient, (g) => {
        const step = travelled(`muon:lr=1,scale=none,method=${method}`, [g]);
        // The eigenvalues of O·Oᵀ lie between the bounds' squares: Gershgorin's discs are too wide, so of all
        // unit vectors some.
        for (let trial = 0; trial < 20; trial++) {
          const u = Array.from({ length: rows }, (_, i) => Math.cos(trial * (i + 1) + i));
          const [image = []] = multiply([u], step);
          const ratio = Math.hypot(...image) / Math.hypot(...u);
          expect(ratio).toBeGreaterThan(low - 1e-9);
          expect(ratio).toBeLessThan(high + 1e-9);
        }
      }),
      runs,
    );
  });
});

it("Adafactor's factors are exact for gradients of rank one", () => {
  const vector = (size: number) =>
    fc.array(fc.double({ min: 0.1, max: 2, noNaN: true }), { minLength: size, maxLength: size });
  fc.assert(
    fc.property(
      vector(rows),
      vector(columns),
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 5, maxLength: 5 }),
      (a, b, factors) => {
        const gradients = factors.map((factor) => a.map((ai) => b.map((bj) => (factor + 3) * ai * bj)));
        expectEqual(
          travelled("adafactor:eps=0", gradients),
          travelled("adafactor:factors=none,eps=0", gradients),
        );
      },
    ),
    runs,
  );
});

it("SOAP over axes that are all too long for a factor is Adam from the second gradient on", () => {
  fc.assert(
    fc.property(gradientsOf(6), (gradients) => {
      const text = "lr=0.01,beta1=0.9,beta2=0.99,eps=1e-30,weightDecay=0";
      expectEqual(
        travelled(`soap:largestAxis=1,${text}`, gradients),
        travelled(`adamw:${text}`, gradients.slice(1)),
      );
    }),
    runs,
  );
});

it("CASPR and Distributed Shampoo before their start are what their steps are grafted from", () => {
  fc.assert(
    fc.property(gradientsOf(6), (gradients) => {
      for (const [late, plain] of [
        ["caspr:start=6,lr=0.01,weightDecay=0.1", "nadamw:lr=0.01,weightDecay=0.1"],
        [
          "distributed-shampoo:start=7,lr=0.01,weightDecay=0.1,grafting=adam,graftingBeta2=0.999",
          "adamw:lr=0.01,weightDecay=0.1",
        ],
        [
          "distributed-shampoo:start=7,lr=0.01,beta1=0,grafting=rmsprop,graftingBeta2=0.9,graftingEps=1e-8,weightDecay=0",
          "rmsprop:lr=0.01,gamma=0.9,epsPlacement=outside,eps=1e-8",
        ],
        [
          "distributed-shampoo:start=7,lr=0.01,beta1=0,grafting=adagrad,graftingEps=1e-8,weightDecay=0",
          "adagrad:lr=0.01,epsPlacement=outside,eps=1e-8",
        ],
      ] as const)
        expectEqual(travelled(late, gradients), travelled(plain, gradients));
    }),
    runs,
  );
});

it("CASPR without a root that is good enough steps as it does without roots", () => {
  fc.assert(
    fc.property(gradientsOf(6), (gradients) => {
      const after = (text: string) => travelled(`caspr:lr=0.01,start=1,${text}`, gradients);
      const without = after("frequency=1000");
      expectEqual(after("frequency=1,root=coupledNewton,errorTolerance=1e-300"), without);
      expect(after("frequency=1,root=coupledNewton")).not.toEqual(without);
    }),
    runs,
  );
});

it("Distributed Shampoo grafted from SGD steps as far as SGD, block by block", () => {
  fc.assert(
    fc.property(gradient, (g) => {
      const whole = travelled(
        "distributed-shampoo:lr=0.1,beta1=0,grafting=sgd,blockSize=2,merge=none,eps=1e-6,weightDecay=0",
        [g],
      );
      for (const [top, left] of [
        [0, 0],
        [0, 2],
        [2, 0],
        [2, 2],
      ] as const) {
        const block = (matrix: Matrix) =>
          matrix.slice(top, top + 2).flatMap((row) => row.slice(left, left + 2));
        expect(Math.hypot(...block(whole))).toBeCloseTo(0.1 * Math.hypot(...block(g)), 9);
      }
    }),
    runs,
  );
});
