import { SteepestError } from "../../errors.js";
import { type Comparison, div, type Expression, select, toExpression } from "../../language/expression.js";
import type { Phase } from "../../language/rule.js";
import { expressionKey } from "../../language/traverse.js";
import { exponential, logarithm, type Nodes, power, sign } from "./elementary.js";
import { gatherFactors, isConstant, usesElements } from "./factors.js";

/*
 * From trees to what a loop does: a graph in which every common sub-expression is one node, and every maximal
 * sub-expression without element variables is a scalar input, computed outside in float64.
 */

export type ElementOperator =
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  /** b < a ? b : a, so that a NaN of a stays and one of b does not. */
  | "smaller"
  /** a < b ? b : a. */
  | "larger"
  | "negate"
  | "absolute"
  | "squareRoot"
  | "floor"
  | "nearest"
  /** Masks: all bits set where it holds, else none. */
  | "equal"
  | "notEqual"
  | "greater"
  | "greaterEqual"
  | "and"
  /** The bits of a that b has not. */
  | "andNot"
  | "or"
  /** Bit by bit: mask, whenTrue, whenFalse. */
  | "select"
  /**
   * Mask, value where it is set, value elsewhere: as `select`, for masks that are rarely set. Only then is
   * the first value computed.
   */
  | "exceptWhere"
  /** The operand; no copy of the body goes beyond it before all have come to it. */
  | "together"
  /** On the bits as integers. */
  | "bitsAdd"
  | "bitsSubtract"
  /** The bits as an integer, as a number. */
  | "fromBits"
  /** The lowest nine bits, as the sign and the exponent. */
  | "toExponent";

/** A node of the loop; operands are indices of earlier nodes. */
export type Node =
  | { readonly kind: "load"; readonly array: string }
  | { readonly kind: "scalar"; readonly input: number }
  | {
      readonly kind: "operation";
      readonly operator: ElementOperator;
      readonly operands: readonly number[];
    };

/**
 * A sum over elements. The last operation of a term is done in float64, where squares neither overflow nor
 * vanish; a sum of x − x, each 0 or NaN, is exact in float32, four elements an operation. Masks are counted,
 * and a value that is the same for each element is multiplied by their number.
 */
export interface LoweredSum {
  readonly term: "value" | "absolute" | "product" | "zeroOrNaN" | "count" | "each";
  readonly operands: readonly number[];
}

export interface LoweredPhase {
  readonly nodes: readonly Node[];
  /** What the loop reads as one value a call, rounded to float32. */
  readonly scalarInputs: readonly Expression[];
  readonly stores: readonly { readonly array: string; readonly node: number }[];
  /** In the order of `phase.reduce`. */
  readonly sums: readonly LoweredSum[];
}

const isZero = (expression: Expression): boolean => isConstant(expression, 0);
const isOne = (expression: Expression): boolean => isConstant(expression, 1);

const underRoot = (expression: Expression): Expression | undefined =>
  expression.kind === "unary" && expression.operator === "squareRoot" ? expression.operand : undefined;

/** The a and b of sign(a)·b, where both are of elements. */
function signAndOther(expression: Expression): readonly [Expression, Expression] | undefined {
  if (expression.kind !== "binary" || expression.operator !== "multiply") return undefined;
  const { left, right } = expression;
  if (left.kind !== "unary" || left.operator !== "sign") return undefined;
  return usesElements(left) && usesElements(right) ? [left.operand, right] : undefined;
}

/** Whether an expression is certain not to be NaN: comparisons with NaN do not hold. */
function isNumber(expression: Expression): boolean {
  switch (expression.kind) {
    case "constant":
      return !Number.isNaN(expression.value);
    case "unary":
      return expression.operator === "negate" && isNumber(expression.operand);
    case "select": {
      const { comparison, left, right, whenTrue, whenFalse } = expression;
      // Then the left is positive.
      const positive = comparison === "greater" && isZero(right);
      const root = underRoot(whenTrue);
      return (
        positive && root !== undefined && expressionKey(root) === expressionKey(left) && isNumber(whenFalse)
      );
    }
    default:
      return false;
  }
}

/** @throws SteepestError `unavailable` where an exponent differs from element to element. */
export function lowerPhase(rule: string, given: Phase): LoweredPhase {
  const phase = gatherFactors(given);
  const nodes: Node[] = [];
  const scalarInputs: Expression[] = [];
  const known = new Map<string, number>();
  const lowered = new Map<Expression, number>();

  const intern = (key: string, node: () => Node): number => {
    const existing = known.get(key);
    if (existing !== undefined) return existing;
    known.set(key, nodes.length);
    return nodes.push(node()) - 1;
  };
  const operation = (operator: ElementOperator, ...operands: readonly number[]): number =>
    intern(`${operator} ${operands.join(" ")}`, () => ({ kind: "operation", operator, operands }));
  const scalar = (expression: Expression): number =>
    intern(expressionKey(expression), () => ({
      kind: "scalar",
      input: scalarInputs.push(expression) - 1,
    }));
  const elementary: Nodes = { operation, scalar };

  const lower = (expression: Expression): number => {
    const existing = lowered.get(expression);
    if (existing !== undefined) return existing;
    const node = usesElements(expression) ? lowerElement(expression) : scalar(expression);
    lowered.set(expression, node);
    return node;
  };

  const lowerElement = (expression: Expression): number => {
    switch (expression.kind) {
      case "constant":
        return scalar(expression);
      case "variable":
        return intern(`load ${expression.name}`, () => ({ kind: "load", array: expression.name }));
      case "unary": {
        const operand = lower(expression.operand);
        switch (expression.operator) {
          case "square":
            return operation("multiply", operand, operand);
          case "exponential":
            return exponential(elementary, operand);
          case "logarithm":
            return logarithm(elementary, operand);
          case "sign":
            return sign(elementary, operand);
          default:
            return operation(expression.operator, operand);
        }
      }
      case "binary": {
        const { operator, left, right } = expression;
        if (operator === "power") return lowerPower(lower(left), right);
        // One division a step instead of one an element.
        if (operator === "divide" && !usesElements(right)) {
          return operation("multiply", lower(left), scalar(div(1, right)));
        }
        const [above, below] = [underRoot(left), underRoot(right)];
        // One root in place of two: of numbers that have roots, √a/√b is √(a/b).
        if (operator === "divide" && above !== undefined && below !== undefined)
          return operation("squareRoot", operation("divide", lower(above), lower(below)));
        if (operator === "minimum" || operator === "maximum") {
          const extreme = operator === "minimum" ? "smaller" : "larger";
          return usesElements(left) ? lowerExtreme(extreme, left, right) : lowerExtreme(extreme, right, left);
        }
        return operation(operator, lower(left), lower(right));
      }
      case "select": {
        const { comparison, left, right, whenTrue, whenFalse } = expression;
        const mask = lowerMask(comparison, left, right);
        if (isZero(whenFalse)) return operation("and", lower(whenTrue), mask);
        if (isZero(whenTrue)) return operation("andNot", lower(whenFalse), mask);
        return operation("select", mask, lower(whenTrue), lower(whenFalse));
      }
    }
  };

  const lowerMask = (comparison: Comparison, left: Expression, right: Expression): number => {
    const sides = comparison === "greater" && isZero(right) ? signAndOther(left) : undefined;
    if (sides === undefined) return operation(comparison, lower(left), lower(right));
    // Whether two numbers have the same sign: scaled, no product of theirs vanishes, and one that is infinite
    // decides as well.
    const scale = scalar(toExpression(2 ** 126));
    const [first, second] = sides.map((side) => operation("multiply", lower(side), scale));
    return operation("greater", operation("multiply", first ?? 0, second ?? 0), lower(right));
  };

  /** NaN where either is: the instruction keeps one of the first operand only. */
  const lowerExtreme = (extreme: "smaller" | "larger", element: Expression, other: Expression): number => {
    const chosen = operation(extreme, lower(element), lower(other));
    if (isNumber(other)) return chosen;
    if (!usesElements(other))
      return operation("or", chosen, scalar(select(other, "equal", other, 0, Number.NaN)));
    return operation("or", chosen, operation("notEqual", lower(other), lower(other)));
  };

  const lowerPower = (base: number, exponent: Expression): number => {
    if (exponent.kind === "constant") {
      const size = Math.abs(exponent.value);
      const whole = Math.floor(size);
      const fraction = size - whole;
      if (size <= 8 && (fraction === 0 || fraction === 0.5) && size > 0) {
        const factors = Array.from({ length: whole }, () => base);
        if (fraction === 0.5) factors.push(operation("squareRoot", base));
        const product = factors.reduce((left, right) => operation("multiply", left, right));
        return exponent.value > 0 ? product : operation("divide", scalar(toExpression(1)), product);
      }
    }
    if (usesElements(exponent))
      throw unavailable(rule, "a power whose exponent differs from element to element");
    return power(elementary, base, exponent);
  };

  const lowerSum = (sum: Expression): LoweredSum => {
    if (usesElements(sum)) {
      if (sum.kind === "unary" && sum.operator === "square") {
        const operand = lower(sum.operand);
        return { term: "product", operands: [operand, operand] };
      }
      if (sum.kind === "binary" && sum.operator === "multiply") {
        return { term: "product", operands: [lower(sum.left), lower(sum.right)] };
      }
      if (sum.kind === "unary" && sum.operator === "absolute") {
        return { term: "absolute", operands: [lower(sum.operand)] };
      }
      if (sum.kind === "binary" && sum.operator === "subtract" && lower(sum.left) === lower(sum.right)) {
        return { term: "zeroOrNaN", operands: [lower(sum)] };
      }
      if (sum.kind === "select" && isOne(sum.whenTrue) && isZero(sum.whenFalse)) {
        return { term: "count", operands: [lowerMask(sum.comparison, sum.left, sum.right)] };
      }
    } else {
      return { term: "each", operands: [lower(sum)] };
    }
    return { term: "value", operands: [lower(sum)] };
  };

  const stores = Object.entries(phase.assign).flatMap(([array, expression]) => {
    const node = lower(expression);
    const unchanged = nodes[node]?.kind === "load" && known.get(`load ${array}`) === node;
    return unchanged ? [] : [{ array, node }];
  });
  const sums = Object.values(phase.reduce).map(({ sum }) => lowerSum(sum));
  return { nodes, scalarInputs, stores, sums };
}

const unavailable = (rule: string, what: string) =>
  new SteepestError(
    "unavailable",
    `${rule}: the fused float32 kernels cannot compute ${what}`,
    'Use the float64 backend (backend: "float64"), or move the operation to a per-step scalar',
  );
