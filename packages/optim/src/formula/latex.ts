import type { Rule, RuleBody } from "../language/rule.js";
import { baseName, type FormulaLine, formulaLines, isIndexed, isNewValue } from "./lines.js";
import { Binding, print, printCondition, type Style, wrapped } from "./print.js";
import { latexSymbol, powerOfTwo } from "./symbols.js";

const call = (name: string) => (text: string) => `${name}\\left(${text}\\right)`;

const parentheses = { parenthesised: (text: string) => `\\left(${text}\\right)` };

const style = (variable: (name: string) => string): Style => ({
  variable,
  number: latexNumber,
  ...parentheses,
  product: (left, right) => `${left} ${/^[\d.]/.test(right) ? "\\cdot" : "\\,"} ${right}`,
  quotient: (left, right, nested) =>
    nested
      ? `${wrapped(left, Binding.product, parentheses)} / ${wrapped(right, Binding.power, parentheses)}`
      : `\\frac{${left.text}}{${right.text}}`,
  // Braces, since the base may have a subscript or superscript of its own.
  power: (base, exponent) => `${/\^/.test(base) ? `{${base}}` : base}^{${exponent}}`,
  minus: "-",
  modulo: "\\bmod",
  unequal: "\\ne",
  and: " \\text{ and } ",
  unary: {
    absolute: ({ text }) => ({ text: `\\left|${text}\\right|`, binding: Binding.atom }),
    squareRoot: ({ text }) => ({ text: `\\sqrt{${text}}`, binding: Binding.atom }),
    sign: ({ text }) => ({ text: call("\\operatorname{sign}")(text), binding: Binding.atom }),
    floor: ({ text }) => ({ text: `\\left\\lfloor ${text} \\right\\rfloor`, binding: Binding.atom }),
    exponential: ({ text }) => ({ text: call("\\exp")(text), binding: Binding.atom }),
    logarithm: ({ text }) => ({ text: call("\\ln")(text), binding: Binding.atom }),
  },
  binary: {
    minimum: (left, right) => call("\\min")(`${left}, ${right}`),
    maximum: (left, right) => call("\\max")(`${left}, ${right}`),
  },
  select: (condition, whenTrue, whenFalse) =>
    `\\begin{cases} ${whenTrue} & ${condition} \\\\ ${whenFalse} & \\text{otherwise} \\end{cases}`,
  comparison: { equal: "=", greater: ">", greaterEqual: "\\ge" },
});

function latexNumber(value: number): { readonly text: string; readonly binding: Binding } {
  const two = powerOfTwo(value);
  if (two !== undefined) return { text: `2^{${two}}`, binding: Binding.power };
  const [mantissa = "", exponent] = String(value).split("e");
  const binding = value < 0 ? Binding.sum : Binding.atom;
  if (exponent === undefined) return { text: mantissa, binding };
  const power = `10^{${Number(exponent)}}`;
  return mantissa === "1"
    ? { text: power, binding: Binding.power }
    : { text: `${mantissa} \\cdot ${power}`, binding: value < 0 ? Binding.sum : Binding.product };
}

/** A symbol at a time: m at k−1 is m_{k-1}, v_1 at k is v_{1,k}. */
function atTime(symbol: string, time: string): string {
  const [, base = symbol, subscript] = /^(.*)_\{?([^{}]+)\}?$/.exec(symbol) ?? [];
  return `${base}_{${subscript === undefined ? "" : `${subscript},`}${time}}`;
}

/**
 * The update of a rule as LaTeX, one `aligned` environment: m_{k-1} is a slot before step k, m_k after it.
 * `body` is the rule's body under chosen options; the default options' where left out.
 */
export function latexFormula(rule: Rule, body: RuleBody): string {
  const { state, carried, carriedPerParameter = {} } = body;
  const timed = new Set(["x", ...[state, carried, carriedPerParameter].flatMap((part) => Object.keys(part))]);
  const lines = formulaLines(body);
  const momentary = new Set([
    ...["g", ...(body.inputs ?? [])],
    ...lines.flatMap(({ kind, name }) => (kind === "auxiliary" ? [name] : [])),
  ]);
  const symbolAt =
    (old: string, now: string) =>
    (name: string): string => {
      const base = latexSymbol(rule, baseName(name));
      if (isNewValue(name) || momentary.has(name)) return atTime(base, now);
      return timed.has(name) || isIndexed(name) ? atTime(base, old) : base;
    };
  const symbol = symbolAt("k-1", "k");
  const typography = style(symbol);
  const target = ({ kind, name }: FormulaLine): string => {
    if (kind === "begin") return symbolAt("0", "1")(name);
    if (kind === "evaluation") return atTime(`${latexSymbol(rule, name)}^{\\mathrm{eval}}`, "k");
    return kind === "update" ? atTime(latexSymbol(rule, name), "k") : symbol(name);
  };
  const right = ({ kind, expression, when }: FormulaLine): string => {
    const { text, binding } = print(expression, kind === "begin" ? style(symbolAt("0", "1")) : typography);
    const value =
      kind === "sum" ? `\\sum_i ${binding >= Binding.product ? text : typography.parenthesised(text)}` : text;
    return when === undefined ? value : `${value} \\quad \\text{if } ${printCondition(when, typography)}`;
  };
  const rows = lines.map((line) => `${target(line)} &= ${right(line)}`);
  return `\\begin{aligned}\n${rows.join(" \\\\\n")}\n\\end{aligned}`;
}
