import type { Expression } from "../language/expression.js";
import type { Rule, RuleBody } from "../language/rule.js";
import { children } from "../language/traverse.js";
import { baseName, type FormulaLine, formulaLines, isNewValue } from "./lines.js";
import { Binding, type Printed, print, printCondition, type Style, wrapped } from "./print.js";
import { latexSymbol, plainSymbol, powerOfTwo, superscript } from "./symbols.js";

const call = (name: string, operand: string): Printed => ({
  text: `${name}(${operand})`,
  binding: Binding.atom,
});

const parentheses = { parenthesised: (text: string) => `(${text})` };

const style = (variable: (name: string) => string): Style => ({
  variable,
  number: (value) => {
    const exponent = powerOfTwo(value);
    if (exponent !== undefined) return { text: `2${superscript(String(exponent))}`, binding: Binding.power };
    return {
      text: String(value).replace("-", "−"),
      binding: value < 0 ? Binding.sum : Binding.atom,
    };
  },
  ...parentheses,
  product: (left, right) => `${left}·${right}`,
  quotient: (left, right) =>
    `${wrapped(left, Binding.product, parentheses)}/${wrapped(right, Binding.power, parentheses)}`,
  power: (base, exponent) => {
    if (/^\d+$/.test(exponent)) return base + superscript(exponent);
    return /[ ·/^−]/.test(exponent) ? `${base}^(${exponent})` : `${base}^${exponent}`;
  },
  minus: "−",
  modulo: "mod",
  unequal: "≠",
  and: " and ",
  unary: {
    absolute: ({ text }) => ({ text: `|${text}|`, binding: Binding.atom }),
    squareRoot: ({ text, binding }) => ({
      text: binding === Binding.atom ? `√${text}` : `√(${text})`,
      binding: Binding.power,
    }),
    sign: ({ text }) => call("sign", text),
    floor: ({ text }) => ({ text: `⌊${text}⌋`, binding: Binding.atom }),
    exponential: ({ text }) => call("exp", text),
    logarithm: ({ text }) => call("ln", text),
  },
  binary: {
    minimum: (left, right) => `min(${left}, ${right})`,
    maximum: (left, right) => `max(${left}, ${right})`,
  },
  select: (condition, whenTrue, whenFalse) => `(${condition} ? ${whenTrue} : ${whenFalse})`,
  comparison: { equal: "=", greater: ">", greaterEqual: "≥" },
});

/** Whether each line, executed in turn, finds new values made and old ones not yet replaced. */
function isSequential(lines: readonly FormulaLine[]): boolean {
  const made = new Set<string>();
  const agrees = (expression: Expression, own: string): boolean =>
    expression.kind === "variable"
      ? isNewValue(expression.name) === made.has(baseName(expression.name)) || expression.name === own
      : children(expression).every((child) => agrees(child, own));
  return lines.every(({ kind, name, expression }) => {
    if (kind === "begin") return true;
    const fits = agrees(expression, name);
    if (kind === "update") made.add(name);
    return fits;
  });
}

/**
 * The update of a rule in Unicode, one line an assignment, for terminals: `m ← β₁·m + (1 − β₁)·g`. Each line
 * uses what the lines before it assigned; where no order of the lines allows that, m′ is the new value of m.
 */
export function plainFormula(rule: Rule, body: RuleBody): readonly string[] {
  const lines = formulaLines(body);
  const mark = isSequential(lines) ? "" : "′";
  const symbol = (name: string) => plainSymbol(latexSymbol(rule, baseName(name)));
  const typography = style((name) => `${symbol(name)}${isNewValue(name) ? mark : ""}`);
  return lines.map(({ kind, name, expression, when }) => {
    const { text } = print(expression, typography);
    const condition = when === undefined ? "" : `  if ${printCondition(when, typography)}`;
    switch (kind) {
      case "begin":
        return `${symbol(name)} ← ${text}  before step 1`;
      case "update":
        return `${symbol(name)}${mark} ← ${text}${condition}`;
      case "sum":
        return `${symbol(name)} = Σ(${text})${condition}`;
      case "evaluation":
        return `evaluate at ${text}`;
      default:
        return `${symbol(name)} = ${text}${condition}`;
    }
  });
}
