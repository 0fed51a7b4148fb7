import type { Rule } from "../language/rule.js";

const greek: Readonly<Record<string, string>> = {
  alpha: "α",
  beta: "β",
  gamma: "γ",
  delta: "δ",
  varepsilon: "ε",
  epsilon: "ε",
  eta: "η",
  theta: "θ",
  kappa: "κ",
  lambda: "λ",
  mu: "μ",
  nu: "ν",
  xi: "ξ",
  pi: "π",
  rho: "ρ",
  sigma: "σ",
  tau: "τ",
  phi: "φ",
  psi: "ψ",
  omega: "ω",
  Delta: "Δ",
  infty: "∞",
};

const accents: Readonly<Record<string, string>> = { hat: "\u0302", bar: "\u0304", tilde: "\u0303" };

const subscripts: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from("₀₁₂₃₄₅₆₇₈₉", (subscript, digit) => [String(digit), subscript])),
  k: "ₖ",
  i: "ᵢ",
  "+": "₊",
  "-": "₋",
};
const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** The n of a number that is written as 2ⁿ: a power of two that has many decimal digits. */
export function powerOfTwo(value: number): number | undefined {
  const exponent = Math.round(Math.log2(value));
  return value === 2 ** exponent && String(value).length > 12 ? exponent : undefined;
}

/** An integer as superscript digits. */
export const superscript = (digits: string): string =>
  digits.replace("-", "⁻").replace(/\d/g, (digit) => superscripts[Number(digit)] ?? digit);

/**
 * The LaTeX symbol of a variable: the hyper-parameter's or the rule's own, else made from the name: `c1` is
 * c₁.
 */
export function latexSymbol(rule: Pick<Rule, "hyper" | "symbols">, name: string): string {
  const given = rule.hyper[name]?.symbol ?? rule.symbols[name];
  if (given !== undefined) return given;
  const [, letters = name, digits = ""] = /^([A-Za-z]+?)(\d*)$/.exec(name) ?? [];
  const [, slot, index] = /^([A-Za-z]+)_(.+)$/.exec(name) ?? [];
  if (slot !== undefined) return `${latexSymbol(rule, slot)}_${index}`;
  const base =
    greek[letters] !== undefined ? `\\${letters}` : letters.length === 1 ? letters : `\\mathrm{${letters}}`;
  return digits === "" ? base : `${base}_{${digits}}`;
}

/** The same symbol in Unicode: `\\hat{\\beta}_1` is β̂₁. */
export function plainSymbol(latex: string): string {
  return latex
    .replace(/\\(?:mathrm|text|mathit|operatorname)\{([^{}]*)\}/g, "$1")
    .replace(
      /\\([A-Za-z]+)/g,
      (whole, command: string) => greek[command] ?? (command in accents ? whole : command),
    )
    .replace(
      /\\(hat|bar|tilde)\s*\{?(.)\}?/gu,
      (_, accent: string, base: string) => base + (accents[accent] ?? ""),
    )
    .replace(/_(?:\{([\dik+-]+)\}|([\dik+-]))(?![A-Za-z])/g, (_, braced?: string, single?: string) =>
      Array.from(braced ?? single ?? "", (character) => subscripts[character] ?? character).join(""),
    )
    .replace(/[{}]/g, "");
}
