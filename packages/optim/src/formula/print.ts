import {
  type BinaryOperator,
  type Comparison,
  type Expression,
  mod,
  type UnaryOperator,
} from "../language/expression.js";
import { expressionKey } from "../language/traverse.js";

/** How tightly a printed text holds together; what is looser than its surroundings gets parentheses. */
export const Binding = { sum: 1, product: 2, power: 3, atom: 4 } as const;
export type Binding = (typeof Binding)[keyof typeof Binding];

export interface Printed {
  readonly text: string;
  readonly binding: Binding;
}

/** The typography of a formula: LaTeX and plain text differ in nothing else. */
export interface Style {
  readonly variable: (name: string) => string;
  readonly number: (value: number) => Printed;
  readonly parenthesised: (text: string) => string;
  readonly product: (left: string, right: string) => string;
  /** `nested`: inside another fraction, where a bar would be too small to read. */
  readonly quotient: (left: Printed, right: Printed, nested: boolean) => string;
  readonly power: (base: string, exponent: string) => string;
  readonly minus: string;
  /** Between the operands of a remainder. */
  readonly modulo: string;
  /** Between the two sides of what is not equal. */
  readonly unequal: string;
  /** Between two conditions. */
  readonly and: string;
  readonly unary: Readonly<
    Record<Exclude<UnaryOperator, "negate" | "square">, (operand: Printed) => Printed>
  >;
  readonly binary: Readonly<Record<"minimum" | "maximum", (left: string, right: string) => string>>;
  readonly select: (condition: string, whenTrue: string, whenFalse: string) => string;
  readonly comparison: Readonly<Record<Comparison, string>>;
}

/** The text, in parentheses where it holds together less tightly than `least`. */
export const wrapped = (
  { text, binding }: Printed,
  least: Binding,
  style: Pick<Style, "parenthesised">,
): string => (binding >= least ? text : style.parenthesised(text));

/** Prints an expression with as few parentheses as its meaning allows. */
export function print(expression: Expression, style: Style, nested = false): Printed {
  const inner = (operand: Expression) => print(operand, style, nested);
  switch (expression.kind) {
    case "constant":
      return style.number(expression.value);
    case "variable":
      return { text: style.variable(expression.name), binding: Binding.atom };
    case "unary": {
      const operand = inner(expression.operand);
      switch (expression.operator) {
        case "negate":
          return { text: `${style.minus}${wrapped(operand, Binding.product, style)}`, binding: Binding.sum };
        case "square":
          return { text: style.power(wrapped(operand, Binding.atom, style), "2"), binding: Binding.power };
        default:
          return style.unary[expression.operator](operand);
      }
    }
    case "binary": {
      const { operator, left, right } = expression;
      if (operator === "divide") {
        const text = style.quotient(print(left, style, true), print(right, style, true), nested);
        return { text, binding: Binding.product };
      }
      const divisor = divisorOf(expression);
      if (divisor !== undefined) {
        const [dividend, by] = [left, divisor].map((one) => wrapped(inner(one), Binding.power, style));
        return { text: `${dividend} ${style.modulo} ${by}`, binding: Binding.product };
      }
      return printBinary(operator, inner(left), inner(right), style);
    }
    case "select": {
      const condition = `${inner(expression.left).text} ${style.comparison[expression.comparison]} ${inner(expression.right).text}`;
      return {
        text: style.select(condition, inner(expression.whenTrue).text, inner(expression.whenFalse).text),
        binding: Binding.atom,
      };
    }
  }
}

/** The b of a − b⌊a/b⌋, which is a mod b. */
function divisorOf(expression: Expression): Expression | undefined {
  if (expression.kind !== "binary" || expression.right.kind !== "binary") return undefined;
  const { left: divisor } = expression.right;
  return expressionKey(expression) === expressionKey(mod(expression.left, divisor)) ? divisor : undefined;
}

const isConstant = (expression: Expression, value: number): boolean =>
  expression.kind === "constant" && expression.value === value;

/** A condition that holds where an expression is not 0. */
export function printCondition(condition: Expression, style: Style): string {
  const inner = (operand: Expression) => print(operand, style).text;
  if (condition.kind === "select" && isConstant(condition.whenFalse, 0)) {
    const { left, comparison, right, whenTrue } = condition;
    const first = `${inner(left)} ${style.comparison[comparison]} ${inner(right)}`;
    return isConstant(whenTrue, 1) ? first : `${first}${style.and}${printCondition(whenTrue, style)}`;
  }
  return `${inner(condition)} ${style.unequal} 0`;
}

function printBinary(
  operator: Exclude<BinaryOperator, "divide">,
  left: Printed,
  right: Printed,
  style: Style,
): Printed {
  switch (operator) {
    case "add": {
      // A leading minus on the right would read as an operator.
      const second = right.text.startsWith(style.minus) ? style.parenthesised(right.text) : right.text;
      return { text: `${left.text} + ${second}`, binding: Binding.sum };
    }
    case "subtract":
      return {
        text: `${left.text} ${style.minus} ${wrapped(right, Binding.product, style)}`,
        binding: Binding.sum,
      };
    case "multiply":
      return {
        text: style.product(wrapped(left, Binding.product, style), wrapped(right, Binding.product, style)),
        binding: Binding.product,
      };
    case "power":
      return { text: style.power(wrapped(left, Binding.atom, style), right.text), binding: Binding.power };
    case "minimum":
    case "maximum":
      return { text: style.binary[operator](left.text, right.text), binding: Binding.atom };
  }
}
