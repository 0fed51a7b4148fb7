import {
  abs,
  div,
  type Expression,
  exp,
  floor,
  min,
  mul,
  type Operand,
  select,
  sub,
  toExpression,
} from "../../language/expression.js";
import type { ElementOperator } from "./lower.js";

/*
 * eᵃ, ln a and aᵇ of elements from the few instructions that SIMD has: an argument is split into a power of
 * two and a rest, and the rest goes through a short series. Relative errors stay below 1e-6 wherever the
 * result is a normal number (for aᵇ: with |b| <= 8); zeros, infinities and NaN give what IEEE 754 says, but
 * for the signs of powers of −0 and −∞.
 */

/** Makes nodes of a loop; the numbers are nodes. */
export interface Nodes {
  operation(operator: ElementOperator, ...operands: readonly number[]): number;
  /** One value a call. */
  scalar(expression: Expression): number;
}

const infinity = Number.POSITIVE_INFINITY;

/** log₂ e, and ln 2 in two parts, of which n times the first is exact. */
const log2e = Math.LOG2E;
const ln2High = 0.693359375;
const ln2Low = Math.LN2 - ln2High;

/**
 * Its bits, taken from those of a number as an integer, make the exponent's 0 for mantissas between √½ and
 * √2.
 */
const squareRootOfHalf = Math.SQRT1_2;
const mantissaBits = 23;
const exponentBias = 127;
/** The bits of the sign and the exponent. */
const exponentMask = -infinity;
const smallestNormal = 2 ** -126;
/** Brings subnormal numbers among the normal ones. */
const normalising = 24;

/** Shorthands over nodes. */
function arithmetic({ operation, scalar }: Nodes) {
  const constant = (value: number): number => scalar(toExpression(value));
  const multiply = (left: number, right: number) => operation("multiply", left, right);
  const add = (left: number, right: number) => operation("add", left, right);
  const subtract = (left: number, right: number) => operation("subtract", left, right);
  const within = (value: number, least: number, most: number) =>
    operation("larger", operation("smaller", value, constant(most)), constant(least));
  const where = (
    comparison: "equal" | "greater",
    left: number,
    right: number,
    whenTrue: number,
    whenFalse: number,
  ) => operation("select", operation(comparison, left, right), whenTrue, whenFalse);
  /** c₀ + z(c₁ + z(c₂ + ...)). */
  const polynomial = (z: number, coefficients: readonly Operand[]): number =>
    coefficients
      .slice(0, -1)
      .reduceRight(
        (sum: number, one) => add(scalar(toExpression(one)), multiply(z, sum)),
        scalar(toExpression(coefficients.at(-1) ?? 0)),
      );
  /**
   * 2ⁿ of integers n within ±126: the sum's last bits are the exponent's, and the shift leaves nothing else.
   */
  const powerOfTwo = (n: number): number =>
    operation("toExponent", add(n, constant(2 ** mantissaBits + exponentBias)));
  return {
    operation,
    constant,
    multiply,
    add,
    subtract,
    within,
    where,
    polynomial,
    powerOfTwo,
  };
}

/** a·2ⁿ for a node n of integers within ±252; in two factors, since 2ⁿ alone may be no number. */
function timesPowerOfTwo(nodes: Nodes, a: number, n: number): number {
  const { operation, constant, multiply, subtract, powerOfTwo } = arithmetic(nodes);
  const half = operation("floor", multiply(constant(0.5), n));
  const rest = subtract(n, half);
  return multiply(multiply(a, powerOfTwo(half)), powerOfTwo(rest));
}

/** 1 with the sign of a; a itself where it is 0 or NaN. */
export function sign(nodes: Nodes, a: number): number {
  const { operation, constant } = arithmetic(nodes);
  const one = operation("and", constant(1), operation("notEqual", a, constant(0)));
  const signed = operation("or", operation("and", a, constant(-0)), one);
  return operation("or", signed, operation("notEqual", a, a));
}

/** eʳ for |r| <= ln 2 / 2: the series up to r⁷, whose next term is below 6e-9. */
const exponentialSeries = [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040];

/** eᵃ. */
export function exponential(nodes: Nodes, a: number): number {
  const { operation, constant, multiply, subtract, within, polynomial } = arithmetic(nodes);
  // Beyond these the result is infinite or zero anyway.
  const bounded = within(a, -104, 89);
  const n = operation("nearest", multiply(bounded, constant(log2e)));
  const rest = subtract(subtract(bounded, multiply(n, constant(ln2High))), multiply(n, constant(ln2Low)));
  return timesPowerOfTwo(nodes, polynomial(rest, exponentialSeries), n);
}

/**
 * 2 artanh(s)/s in s² for |s| <= 0.1716, since ln m = 2 artanh((m − 1)/(m + 1)); the next term is below 6e-9.
 */
const logarithmSeries = [2, 2 / 3, 2 / 5, 2 / 7, 2 / 9];

/** A positive normal a as m·2ᵉ with m between √½ and √2; the exponent is e·2²³. */
function split(
  { operation, scalar }: Nodes,
  a: number,
): { readonly exponent: number; readonly mantissa: number } {
  const root = scalar(toExpression(squareRootOfHalf));
  const exponent = operation("and", operation("bitsSubtract", a, root), scalar(toExpression(exponentMask)));
  return {
    exponent: operation("fromBits", exponent),
    mantissa: operation("bitsSubtract", a, exponent),
  };
}

/** (m − 1)/(m + 1), whose artanh is half of ln m. */
function halfLogarithmArgument(nodes: Nodes, mantissa: number): number {
  const { operation, constant, add, subtract } = arithmetic(nodes);
  return operation("divide", subtract(mantissa, constant(1)), add(mantissa, constant(1)));
}

/** The exponent e and ln m of a positive finite a = m·2ᵉ, with m between √½ and √2. */
function splitLogarithm(nodes: Nodes, a: number): { readonly exponent: number; readonly logarithm: number } {
  const { constant, multiply, add, where, polynomial } = arithmetic(nodes);
  const small = (whenSmall: number, otherwise: number) =>
    where("greater", constant(smallestNormal), a, whenSmall, otherwise);
  const { exponent, mantissa } = split(nodes, small(multiply(a, constant(2 ** normalising)), a));
  const s = halfLogarithmArgument(nodes, mantissa);
  return {
    exponent: add(
      multiply(exponent, constant(2 ** -mantissaBits)),
      small(constant(-normalising), constant(0)),
    ),
    logarithm: multiply(s, polynomial(multiply(s, s), logarithmSeries)),
  };
}

/** ln a. */
export function logarithm(nodes: Nodes, a: number): number {
  const { constant, multiply, add, where } = arithmetic(nodes);
  const { exponent, logarithm: ofMantissa } = splitLogarithm(nodes, a);
  const finite = add(
    multiply(exponent, constant(ln2High)),
    add(ofMantissa, multiply(exponent, constant(ln2Low))),
  );
  // Infinity and NaN are their own logarithms.
  const positive = where("greater", constant(infinity), a, finite, a);
  const atZero = where("equal", a, constant(0), constant(-infinity), constant(Number.NaN));
  const other = where("equal", a, a, atZero, a);
  return where("greater", a, constant(0), positive, other);
}

/** The high 16 bits of a float64 number, so that its product with an exponent is exact in float32. */
const highBits = (value: Expression): Expression => {
  const spread = mul(value, 2 ** 37 + 1);
  return sub(spread, sub(spread, value));
};

/** aᵇ for a scalar b, whatever a. */
function anyPower(nodes: Nodes, a: number, exponent: Expression): number {
  const { operation, constant, multiply, add, subtract, within, where, polynomial } = arithmetic(nodes);
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
  const finite = timesPowerOfTwo(nodes, series, within(n, -250, 250));

  const bySign = (positive: number, zero: number, negative: number): number =>
    scalar(select(exponent, "greater", 0, positive, select(exponent, "equal", 0, zero, negative)));
  const notFinite = where(
    "equal",
    size,
    constant(infinity),
    bySign(infinity, 1, 0),
    scalar(select(exponent, "equal", 0, 1, Number.NaN)),
  );
  const aboveZero = where("greater", constant(infinity), size, finite, notFinite);
  const ofSize = where("equal", size, constant(0), bySign(0, 1, infinity), aboveZero);
  // (−a)ᵇ is aᵇ for an even b, −aᵇ for an odd one, else NaN.
  const isWhole = (value: Expression, yes: Expression | number, no: Expression | number) =>
    select(value, "equal", floor(value), yes, no);
  const sign = isWhole(exponent, isWhole(div(exponent, 2), 1, -1), Number.NaN);
  return where("greater", constant(0), a, multiply(ofSize, scalar(sign)), ofSize);
}

/**
 * The coefficients of log₂ m in odd powers of s = (m − 1)/(m + 1), |s| <= 0.1716: minimax, 3e-8 off at most.
 */
const log2Polynomial = [2.885391289368929, 0.9614708089541886, 0.5989738856774146];

/** 2ʳ for |r| <= ½: minimax, 1.8e-7 off at most, and 1 at 0. */
const exp2Polynomial = [
  1, 0.6931469670647341, 0.240221197238482, 0.05550713273540846, 0.009675541334226151, 0.0013276471980169526,
];

/**
 * Added to a number below 2²² it leaves the nearest integer, in its last bits and, once it is taken away
 * again, as a number.
 */
const rounding = 1.5 * 2 ** mantissaBits;

/** Results of which the logarithm to base 2 is within this are made without exceptions. */
const ordinaryRange = 125.9;

/**
 * aᵇ for a scalar b. Ordinarily a is positive and normal, and so is the result, far from the ends of the
 * range: then it is 2 to the b·log₂ a, with a third of the operations that the rest needs.
 */
export function power(nodes: Nodes, base: number, exponent: Expression): number {
  const { operation, constant, multiply, add, subtract, polynomial } = arithmetic(nodes);
  const { scalar } = nodes;
  const a = operation("together", base);
  const { exponent: twos, mantissa } = split(nodes, a);
  const s = halfLogarithmArgument(nodes, mantissa);
  const high = highBits(exponent);
  const ofTwos = (part: Expression) => multiply(twos, scalar(mul(part, 2 ** -mantissaBits)));
  // The integers apart from the rest, as ever.
  const whole = operation("together", ofTwos(high));
  const ofMantissa = polynomial(
    multiply(s, s),
    log2Polynomial.map((one) => mul(exponent, one)),
  );
  const rest = operation("together", add(multiply(s, ofMantissa), ofTwos(sub(exponent, high))));
  const rounded = add(add(whole, rest), constant(rounding));
  const remainder = add(subtract(whole, subtract(rounded, constant(rounding))), rest);
  const ordinary = operation(
    "bitsAdd",
    polynomial(remainder, exp2Polynomial),
    operation("toExponent", rounded),
  );
  // Zeros, subnormal and negative numbers, infinities and NaN; and those whose power is near an end.
  const furthest = (sign: 1 | -1, end: Expression) => exp(mul(sign * Math.LN2, end));
  const end = min(div(ordinaryRange, abs(exponent)), ordinaryRange);
  const bounded = operation(
    "larger",
    operation("smaller", a, scalar(furthest(1, end))),
    scalar(furthest(-1, end)),
  );
  return operation("exceptWhere", operation("notEqual", bounded, a), anyPower(nodes, a, exponent), ordinary);
}
