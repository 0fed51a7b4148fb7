import { div, type Expression, floor, mul, select, sub, toExpression } from "../../language/expression.js";
import type { ElementOperator } from "./lower.js";

/*
 * eᵃ, ln a and aᵇ of elements from the few instructions that SIMD has: an argument is split into a power of two and a rest, and
 * the rest goes through a short series. Relative errors stay below 1e-6 wherever the result is a normal number (for aᵇ: with
 * |b| <= 8); zeros, infinities and NaN give what IEEE 754 says, but for the signs of powers of −0 and −∞.
 */

/** Makes nodes of a loop; the numbers are nodes. */
export interface Nodes {
  operation(operator: ElementOperator, ...operands: readonly number[]): number;
  /** One value a call. */
  scalar(expression: Expression): number;
}

/** log₂ e, and ln 2 in two parts, of which n times the first is exact. */
const log2e = Math.LOG2E;
const ln2High = 0.693359375;
const ln2Low = Math.LN2 - ln2High;

const smallestNormal = 2 ** -126;
/** Brings subnormal numbers among the normal ones. */
const normalising = 24;

const infinity = Number.POSITIVE_INFINITY;

/** Shorthands over nodes. */
function arithmetic({ operation, scalar }: Nodes) {
  const constant = (value: number): number => scalar(toExpression(value));
  const multiply = (left: number, right: number) => operation("multiply", left, right);
  const add = (left: number, right: number) => operation("add", left, right);
  const subtract = (left: number, right: number) => operation("subtract", left, right);
  /** c₀ + z(c₁ + z(c₂ + ...)). */
  const polynomial = (z: number, coefficients: readonly number[]): number =>
    coefficients
      .slice(0, -1)
      .reduceRight((sum, one) => add(constant(one), multiply(z, sum)), constant(coefficients.at(-1) ?? 0));
  return { operation, constant, multiply, add, subtract, polynomial };
}

/** a·2ⁿ for a node n of integers within ±252; in two factors, since 2ⁿ alone may be no number. */
function timesPowerOfTwo(nodes: Nodes, a: number, n: number): number {
  const { operation, constant, multiply, subtract } = arithmetic(nodes);
  const half = operation("floor", multiply(constant(0.5), n));
  const rest = subtract(n, half);
  return multiply(multiply(a, operation("powerOfTwo", half)), operation("powerOfTwo", rest));
}

/** eʳ for |r| <= ln 2 / 2: the series up to r⁷, whose next term is below 6e-9. */
const exponentialSeries = [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040];

/** eᵃ. */
export function exponential(nodes: Nodes, a: number): number {
  const { operation, constant, multiply, subtract, polynomial } = arithmetic(nodes);
  // Beyond these the result is infinite or zero anyway.
  const bounded = operation("maximum", operation("minimum", a, constant(89)), constant(-104));
  const n = operation("nearest", multiply(bounded, constant(log2e)));
  const rest = subtract(subtract(bounded, multiply(n, constant(ln2High))), multiply(n, constant(ln2Low)));
  return timesPowerOfTwo(nodes, polynomial(rest, exponentialSeries), n);
}

/** 2 artanh(s)/s in s² for |s| <= 0.1716, since ln m = 2 artanh((m − 1)/(m + 1)); the next term is below 6e-9. */
const logarithmSeries = [2, 2 / 3, 2 / 5, 2 / 7, 2 / 9];

/** The exponent e and ln m of a positive finite a = m·2ᵉ, with m between √½ and √2. */
function splitLogarithm(nodes: Nodes, a: number): { readonly exponent: number; readonly logarithm: number } {
  const { operation, constant, multiply, add, subtract, polynomial } = arithmetic(nodes);
  const small = (whenSmall: number, otherwise: number) =>
    operation("selectGreater", constant(smallestNormal), a, whenSmall, otherwise);
  const normal = small(multiply(a, constant(2 ** normalising)), a);
  const exponent = add(operation("exponent", normal), small(constant(-normalising), constant(0)));
  const mantissa = operation("mantissa", normal);
  const s = operation("divide", subtract(mantissa, constant(1)), add(mantissa, constant(1)));
  return { exponent, logarithm: multiply(s, polynomial(multiply(s, s), logarithmSeries)) };
}

/** ln a. */
export function logarithm(nodes: Nodes, a: number): number {
  const { operation, constant, multiply, add } = arithmetic(nodes);
  const { exponent, logarithm: ofMantissa } = splitLogarithm(nodes, a);
  const finite = add(
    multiply(exponent, constant(ln2High)),
    add(ofMantissa, multiply(exponent, constant(ln2Low))),
  );
  // Infinity and NaN are their own logarithms.
  const positive = operation("selectGreater", constant(infinity), a, finite, a);
  const atZero = operation("selectEqual", a, constant(0), constant(-infinity), constant(Number.NaN));
  const other = operation("selectEqual", a, a, atZero, a);
  return operation("selectGreater", a, constant(0), positive, other);
}

/** The high 16 bits of a float64 number, so that its product with an exponent is exact in float32. */
const highBits = (value: Expression): Expression => {
  const spread = mul(value, 2 ** 37 + 1);
  return sub(spread, sub(spread, value));
};

/** aᵇ for a scalar b. */
export function power(nodes: Nodes, a: number, exponent: Expression): number {
  const { operation, constant, multiply, add, subtract, polynomial } = arithmetic(nodes);
  const { scalar } = nodes;
  const size = operation("absolute", a);
  const { exponent: twos, logarithm: ofMantissa } = splitLogarithm(nodes, size);
  const high = highBits(exponent);
  // b·log₂|a|, the integers apart from the rest, so that a large exponent costs no digits of the rest.
  const whole = multiply(twos, scalar(high));
  const wholeNearest = operation("nearest", whole);
  const rest = add(
    subtract(whole, wholeNearest),
    add(multiply(twos, scalar(sub(exponent, high))), multiply(ofMantissa, scalar(mul(exponent, log2e)))),
  );
  const restNearest = operation("nearest", rest);
  const series = polynomial(multiply(subtract(rest, restNearest), constant(Math.LN2)), exponentialSeries);
  const n = add(wholeNearest, restNearest);
  const bounded = operation("maximum", operation("minimum", n, constant(250)), constant(-250));
  const finite = timesPowerOfTwo(nodes, series, bounded);

  const bySign = (positive: number, zero: number, negative: number): number =>
    scalar(select(exponent, "greater", 0, positive, select(exponent, "equal", 0, zero, negative)));
  const notFinite = operation(
    "selectEqual",
    size,
    constant(infinity),
    bySign(infinity, 1, 0),
    scalar(select(exponent, "equal", 0, 1, Number.NaN)),
  );
  const aboveZero = operation("selectGreater", constant(infinity), size, finite, notFinite);
  const ofSize = operation("selectEqual", size, constant(0), bySign(0, 1, infinity), aboveZero);
  // (−a)ᵇ is aᵇ for an even b, −aᵇ for an odd one, else NaN.
  const isWhole = (value: Expression, yes: Expression | number, no: Expression | number) =>
    select(value, "equal", floor(value), yes, no);
  const sign = isWhole(exponent, isWhole(div(exponent, 2), 1, -1), Number.NaN);
  return operation("selectGreater", constant(0), a, multiply(ofSize, scalar(sign)), ofSize);
}
