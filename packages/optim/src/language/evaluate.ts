import type { BinaryOperator, Comparison, Expression, UnaryOperator } from "./expression.js";

/** What each operator means, in float64. */
export const unaryOperators: Readonly<Record<UnaryOperator, (a: number) => number>> = {
  negate: (a) => -a,
  absolute: Math.abs,
  square: (a) => a * a,
  squareRoot: Math.sqrt,
  sign: Math.sign,
  floor: Math.floor,
  exponential: Math.exp,
  logarithm: Math.log,
};

export const binaryOperators: Readonly<Record<BinaryOperator, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  minimum: Math.min,
  maximum: Math.max,
  power: (a, b) => a ** b,
};

export const comparisons: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  equal: (a, b) => a === b,
  greater: (a, b) => a > b,
  greaterEqual: (a, b) => a >= b,
};

/** The value at an element; formulas of scalars alone ignore the index. */
export type Evaluator = (index: number) => number;

/** The scalars and arrays that a formula reads, by name; looked up at every evaluation. */
export interface Environment {
  readonly scalars: ReadonlyMap<string, number>;
  readonly arrays: Readonly<Record<string, Float64Array>>;
}

/** An expression as a function of the element's index, in float64. A name without a value reads as NaN. */
export function evaluator(expression: Expression, environment: Environment): Evaluator {
  const compile = (operand: Expression) => evaluator(operand, environment);
  switch (expression.kind) {
    case "constant": {
      const { value } = expression;
      return () => value;
    }
    case "variable": {
      const { name } = expression;
      if (expression.scope === "scalar") return () => environment.scalars.get(name) ?? Number.NaN;
      const array = environment.arrays[name];
      return (index) => array?.[index] ?? Number.NaN;
    }
    case "unary": {
      const apply = unaryOperators[expression.operator];
      const operand = compile(expression.operand);
      return (index) => apply(operand(index));
    }
    case "binary": {
      const apply = binaryOperators[expression.operator];
      const left = compile(expression.left);
      const right = compile(expression.right);
      return (index) => apply(left(index), right(index));
    }
    case "select": {
      const compare = comparisons[expression.comparison];
      const left = compile(expression.left);
      const right = compile(expression.right);
      const whenTrue = compile(expression.whenTrue);
      const whenFalse = compile(expression.whenFalse);
      return (index) => (compare(left(index), right(index)) ? whenTrue(index) : whenFalse(index));
    }
  }
}

/** The value of a formula of scalars. */
export const evaluateScalar = (expression: Expression, scalars: Readonly<Record<string, number>>): number =>
  evaluator(expression, { scalars: new Map(Object.entries(scalars)), arrays: {} })(0);
