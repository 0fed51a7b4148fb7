import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defineRule } from "../../language/defineRule.js";
import {
  abs,
  div,
  type Expression,
  exp,
  log,
  max,
  min,
  mul,
  pow,
  select,
  sign,
  sqrt,
  sub,
} from "../../language/expression.js";
import { real } from "../../language/hyper.js";
import { createRuleOptimizer } from "../../optimizer/optimizer.js";

/*
 * Exponential, logarithm and power of elements in the fused kernels against the platform's float64 ones: bit
 * patterns from the whole range of float32, and every special value.
 */

const special = [0, -0, 1, -1, 2, -2, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
const largest = 3.4028234663852886e38;
const smallestNormal = 2 ** -126;
const smallest = 2 ** -149;

/** Applies a function of elements to every value, in the fused kernel. */
function apply(
  form: (a: Expression, b: Expression) => Expression,
  values: readonly number[],
  b = 0,
): readonly number[] {
  const rule = defineRule({
    name: "mine",
    title: "Mine",
    summary: "a function",
    cite: { authors: "A", year: 2020, title: "T" },
    hyper: { b: real(1, "b", "exponent") },
    body: (builder) =>
      builder.elementwise({ update: (variables) => ({ x: form(variables.g, variables.b) }) }),
  });
  const optimizer = createRuleOptimizer(
    { rule, ...(form.length === 2 ? { hyper: { b } } : {}) },
    [{ name: "x", shape: [values.length], role: "other" }],
    { nonFinite: "ignore" },
  );
  optimizer.gradient("x").set(values);
  optimizer.step();
  return [...optimizer.parameter("x")];
}

/** Within a relative error where the exact value is normal, within rounding below, special values exactly. */
function isClose(found: number, exact: number, tolerance: number): boolean {
  const rounded = Math.fround(exact);
  const size = Math.abs(exact);
  if (Number.isNaN(rounded)) return Number.isNaN(found);
  if (size > largest * (1 + tolerance)) return found === rounded;
  if (size > largest * (1 - tolerance)) return Math.abs(found) > 0.999 * largest;
  if (size >= smallestNormal) return Math.abs(found / exact - 1) < tolerance;
  return Math.abs(found - exact) <= 4 * smallest;
}

/** Every float32 bit pattern is as likely as any other. */
const anyFloat = fc.float({ noNaN: true });
const positive = fc.float({ min: Math.fround(smallest), noNaN: true });

const check = (
  values: fc.Arbitrary<number>,
  form: (a: Expression, b: Expression) => Expression,
  exact: (a: number) => number,
  tolerance: number,
  b = 0,
) =>
  fc.assert(
    fc.property(fc.array(values, { minLength: 400, maxLength: 400 }), (drawn) => {
      const inputs = [...drawn, ...special];
      const wrong = apply(form, inputs, b).flatMap((found, i) => {
        const input = inputs[i] ?? Number.NaN;
        return isClose(found, exact(input), tolerance) ? [] : [{ input, found, exact: exact(input) }];
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 20, endOnFailure: true },
  );

describe("of an element, in the fused kernels", () => {
  it("the exponential is within 1e-6", () => {
    check(fc.float({ min: -110, max: 95, noNaN: true }), (a) => exp(a), Math.exp, 1e-6);
    check(anyFloat, (a) => exp(a), Math.exp, 1e-6);
  });

  it("the logarithm is within 1e-6, also close to 1", () => {
    check(positive, (a) => log(a), Math.log, 1e-6);
    check(fc.float({ min: 0.5, max: 2, noNaN: true }), (a) => log(a), Math.log, 1e-6);
    check(anyFloat, (a) => log(a), Math.log, 1e-6);
  });

  it.each([0.5, 2 / 3, 0.24, -0.24, 1 / 3, 1.5, -2.5, 0, 1, 2, 3, -1, 7.3, 8, -8, 1e-3])(
    "the power %d is within 1e-6",
    (exponent) => {
      // Two conventions of IEEE 754 that no rule meets: (−∞)ᵇ for a fractional b, and the sign of (−0)ᵇ for
      // an odd b < 0.
      const exact = (a: number): number => {
        if (a === Number.NEGATIVE_INFINITY && !Number.isInteger(exponent)) return Number.NaN;
        return a === 0 ? Math.abs(a) ** exponent : a ** exponent;
      };
      check(positive, (a, b) => pow(a, b), exact, 1e-6, exponent);
      check(fc.float({ min: 0.5, max: 2, noNaN: true }), (a, b) => pow(a, b), exact, 1e-6, exponent);
      check(anyFloat, (a, b) => pow(a, b), exact, 1e-6, exponent);
    },
  );

  it("a power leaves what its exceptions need to others", () => {
    const ordinary = fc.float({ min: 0.5, max: 2, noNaN: true });
    check(
      ordinary,
      (a, b) => mul(pow(a, b), abs(a)),
      (a) => (a < 0 ? Number.NaN : a ** 1.24),
      2e-6,
      0.24,
    );
  });

  const difference = (a: Expression) => sub(a, 1);
  it.each<[string, (a: Expression, b: Expression) => Expression, (a: number) => number]>([
    ["sign", (a) => sign(a), Math.sign],
    ["minimum with a constant", (a) => min(a, 0.5), (a) => Math.min(a, 0.5)],
    ["maximum with a scalar", (a, b) => max(b, a), (a) => Math.max(0.25, a)],
    [
      "maximum with a scalar that is no number",
      (a, b) => max(div(sub(b, b), sub(b, b)), a),
      () => Number.NaN,
    ],
    ["minimum with an element", (a) => min(1, min(sqrt(a), a)), (a) => Math.min(1, Math.sqrt(a), a)],
    ["maximum with an element", (a) => max(a, sqrt(a)), (a) => Math.max(Math.sqrt(a), a)],
    ["0 elsewhere", (a) => select(a, "greater", 0.5, a, 0), (a) => (a > 0.5 ? a : 0)],
    ["0 there", (a) => select(a, "greaterEqual", 0.5, 0, a), (a) => (a >= 0.5 ? 0 : a)],
    [
      "whether signs agree",
      (a) => select(mul(sign(a), difference(a)), "greater", 0, 1, 0),
      (a) => (Math.sign(a) * Math.fround(a - 1) > 0 ? 1 : 0),
    ],
    [
      "whether signs of small numbers agree",
      (a) => select(mul(sign(a), mul(a, a)), "greater", 0, 1, 0),
      (a) => (Math.sign(a) * Math.fround(a * a) > 0 ? 1 : 0),
    ],
  ])("%s is exact, zeros, infinities and NaN among it", (_, form, exact) => {
    fc.assert(
      fc.property(fc.array(anyFloat, { minLength: 37, maxLength: 37 }), (drawn) => {
        const inputs = [...drawn, ...special, smallest, -smallest, largest];
        const found = apply(form, inputs, 0.25);
        // A zero's sign is nobody's business.
        const expected = inputs.map((a) => Math.fround(exact(a)) + 0);
        expect(found.map((one) => one + 0)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
