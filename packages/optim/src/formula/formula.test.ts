import { describe, expect, it } from "vitest";
import { defineRule } from "../language/defineRule.js";
import {
  add,
  div,
  floor,
  max,
  min,
  mod,
  mul,
  neg,
  pow,
  select,
  sqrt,
  square,
  sub,
} from "../language/expression.js";
import { count, decayRate, nonNegative, stepSize } from "../language/hyper.js";
import { latexFormula } from "./latex.js";
import { withoutNeutralTerms } from "./neutral.js";
import { plainFormula } from "./plainText.js";

const described = {
  name: "mine",
  title: "Mine",
  summary: "a rule",
  cite: { authors: "A", year: 2020, title: "T" },
  hyper: {
    lr: stepSize(0.1),
    beta1: decayRate(0.9, "\\beta_1", "decay"),
    weightDecay: nonNegative(0, "\\lambda", "decay of weights"),
  },
} as const;

const momentum = defineRule({
  ...described,
  body: (rule) =>
    rule.elementwise({
      state: { m: 0 },
      scalars: ({ beta1, k }) => ({ c1: sub(1, mul(beta1, k)) }),
      update: ({ x, g, m, lr, beta1, c1, weightDecay }) => {
        const next = add(mul(beta1, m), mul(sub(1, beta1), add(g, mul(weightDecay, x))));
        return { x: sub(x, mul(lr, mul(next, c1))), m: next };
      },
    }),
});

describe("formulas", () => {
  it("writes new values by their symbols, state before x", () => {
    expect(plainFormula(momentum, momentum.body({}))).toEqual([
      "c₁ = 1 − β₁·k",
      "m ← β₁·m + (1 − β₁)·(g + λ·x)",
      "x ← x − α·m·c₁",
    ]);
    expect(latexFormula(momentum, momentum.body({}))).toBe(
      [
        "\\begin{aligned}",
        "c_{1} &= 1 - \\beta_1 \\, k \\\\",
        "m_{k} &= \\beta_1 \\, m_{k-1} + \\left(1 - \\beta_1\\right) \\, \\left(g_{k} + \\lambda \\, x_{k-1}\\right) \\\\",
        "x_{k} &= x_{k-1} - \\alpha \\, m_{k} \\, c_{1}",
        "\\end{aligned}",
      ].join("\n"),
    );
  });

  it("leaves out what is 0 by default", () => {
    expect(plainFormula(momentum, withoutNeutralTerms(momentum.hyper, momentum.body({})))[1]).toBe(
      "m ← β₁·m + (1 − β₁)·g",
    );
  });

  it("keeps step sizes, and whatever is stated, also where they are 0 or 1", () => {
    const rule = defineRule({
      ...described,
      hyper: { ...described.hyper, lr: stepSize(1) },
      body: (builder) =>
        builder.elementwise({
          update: ({ x, g, lr, weightDecay }) => ({ x: sub(x, mul(lr, add(g, mul(weightDecay, x)))) }),
        }),
    });
    const written = (stated: readonly string[]) =>
      plainFormula(rule, withoutNeutralTerms(rule.hyper, rule.body({}), stated));
    expect(written([])).toEqual(["x ← x − α·g"]);
    expect(written(["weightDecay"])).toEqual(["x ← x − α·(g + λ·x)"]);
  });

  it("writes slots that move up as one line, and small powers of two as such", () => {
    const rule = defineRule({
      ...described,
      body: (builder) =>
        builder.elementwise({
          state: { copy1: 0, copy2: 0, copy3: 0 },
          update: ({ x, g, copy2, copy3 }) => ({
            ...{ copy1: copy2, copy2: copy3, copy3: x },
            x: sub(x, div(g, max(g, 2 ** -126))),
          }),
        }),
    });
    expect(plainFormula(rule, rule.body({}))).toEqual([
      "copyᵢ ← copyᵢ₊₁",
      "copy₃ ← x",
      "x ← x − g/max(g, 2⁻¹²⁶)",
    ]);
    expect(latexFormula(rule, rule.body({})).split("\\\\\n")).toEqual([
      "\\begin{aligned}\n\\mathrm{copy}_{i,k} &= \\mathrm{copy}_{i+1,k-1} ",
      "\\mathrm{copy}_{3,k} &= x_{k-1} ",
      "x_{k} &= x_{k-1} - \\frac{g_{k}}{\\max\\left(g_{k}, 2^{-126}\\right)}\n\\end{aligned}",
    ]);
  });

  it("puts a line that reads an old value first, and marks new values where no order will do", () => {
    const rule = (cross: boolean) =>
      defineRule({
        ...described,
        body: (builder) =>
          builder.elementwise({
            state: { a: 0, b: 0 },
            update: ({ x, g, a, b }) => ({
              a: add(a, g),
              b: cross ? add(a, b) : add(b, g),
              x: sub(x, cross ? mul(add(a, g), b) : b),
            }),
          }),
      });
    expect(plainFormula(rule(false), rule(false).body({}))).toEqual(["a ← a + g", "x ← x − b", "b ← b + g"]);
    expect(plainFormula(rule(true), rule(true).body({}))).toEqual([
      "a′ ← a + g",
      "x′ ← x − a′·b",
      "b′ ← a + b",
    ]);
  });

  it("prints every operator with the parentheses it needs", () => {
    const rule = defineRule({
      ...described,
      body: (builder) =>
        builder.elementwise({
          update: ({ x, g, lr }) => ({
            x: select(
              neg(x),
              "greaterEqual",
              1e-7,
              min(square(add(x, g)), sqrt(max(x, -2))),
              sub(sub(x, g), sub(lr, mul(neg(g), add(1, x)))),
            ),
          }),
        }),
    });
    expect(plainFormula(rule, rule.body({}))).toEqual([
      "x ← (−x ≥ 1e−7 ? min((x + g)², √max(x, −2)) : x − g − (α − (−g)·(1 + x)))",
    ]);
    expect(latexFormula(rule, rule.body({}))).toContain(
      "\\begin{cases} \\min\\left(\\left(x_{k-1} + g_{k}\\right)^{2}, \\sqrt{\\max\\left(x_{k-1}, -2\\right)}\\right) & -x_{k-1} \\ge 10^{-7} \\\\",
    );
  });

  it("writes sums over elements and carried scalars", () => {
    const rule = defineRule({
      ...described,
      body: (builder) =>
        builder
          .phases({ carried: { d: 1 } })
          .phase({
            reduce: ({ x, g }) => ({ total: { over: "group", sum: add(x, g) } }),
            carry: ({ d, total }) => ({ d: max(d, total) }),
          })
          .phase({ update: ({ x, g, d }) => ({ x: sub(x, mul(d, g)) }) }),
    });
    expect(plainFormula(rule, rule.body({}))).toEqual([
      "total = Σ(x + g)",
      "d ← max(d, total)",
      "x ← x − d·g",
    ]);
    expect(latexFormula(rule, rule.body({}))).toContain("x_{k} &= x_{k-1} - d_{k} \\, g_{k}");
  });

  it("writes what a rule begins and evaluates with, and when a phase holds", () => {
    const rule = defineRule({
      ...described,
      hyper: { ...described.hyper, period: count(5, "p", "steps between syncs") },
      body: (builder) =>
        builder
          .phases({
            state: { slow: 0, start: 0 },
            carried: { syncs: 0 },
            begin: ({ x, g, lr }) => ({ slow: x, start: sub(x, mul(lr, g)) }),
            evaluation: ({ x, slow, start }) => mul(0.5, add(slow, add(x, start))),
          })
          .phase({ update: ({ x, g, lr, start }) => ({ x: sub(x, mul(lr, sub(g, start))) }) })
          .phase({
            when: ({ k, period }) => select(mod(k, period), "equal", 0, 1, 0),
            update: ({ x, slow }) => ({ slow: div(add(slow, x), 2) }),
            carry: ({ syncs }) => ({ syncs: add(syncs, 1) }),
          })
          .phase({ when: ({ syncs }) => syncs, update: ({ x, slow }) => ({ x: max(x, floor(slow)) }) }),
    });
    expect(plainFormula(rule, rule.body({}))).toEqual([
      "slow ← x  before step 1",
      "start ← x − α·g  before step 1",
      "x ← x − α·(g − start)",
      "slow ← (slow + x)/2  if k mod p = 0",
      "syncs ← syncs + 1  if k mod p = 0",
      "x ← max(x, ⌊slow⌋)  if syncs ≠ 0",
      "evaluate at 0.5·(slow + x + start)",
    ]);
    expect(latexFormula(rule, rule.body({})).split("\\\\\n")).toEqual([
      "\\begin{aligned}\n\\mathrm{slow}_{0} &= x_{0} ",
      "\\mathrm{start}_{0} &= x_{0} - \\alpha \\, g_{1} ",
      "x_{k} &= x_{k-1} - \\alpha \\, \\left(g_{k} - \\mathrm{start}_{k-1}\\right) ",
      "\\mathrm{slow}_{k} &= \\frac{\\mathrm{slow}_{k-1} + x_{k}}{2} \\quad \\text{if } k \\bmod p = 0 ",
      "\\mathrm{syncs}_{k} &= \\mathrm{syncs}_{k-1} + 1 \\quad \\text{if } k \\bmod p = 0 ",
      "x_{k} &= \\max\\left(x_{k}, \\left\\lfloor \\mathrm{slow}_{k} \\right\\rfloor\\right) \\quad \\text{if } \\mathrm{syncs}_{k} \\ne 0 ",
      "x^{\\mathrm{eval}}_{k} &= 0.5 \\, \\left(\\mathrm{slow}_{k} + x_{k} + \\mathrm{start}_{k-1}\\right)\n\\end{aligned}",
    ]);
  });

  it("writes a scalar with the names of those before it, exponents in parentheses and letters as subscripts", () => {
    const rule = defineRule({
      ...described,
      symbols: { mu: "\\mu_k", next: "\\mu_{k+1}" },
      body: (builder) =>
        builder.elementwise({
          scalars: ({ k, beta1, lr }) => {
            const mu = pow(beta1, mul(lr, k));
            return { mu, next: mul(2, mu) };
          },
          update: ({ x, g, mu, next }) => ({ x: sub(x, mul(mul(mu, next), g)) }),
        }),
    });
    expect(plainFormula(rule, rule.body({}))).toEqual(["μₖ = β₁^(α·k)", "μₖ₊₁ = 2·μₖ", "x ← x − μₖ·μₖ₊₁·g"]);
  });

  it("leaves out a warm-up of one step, since steps count from 1", () => {
    const rule = defineRule({
      ...described,
      hyper: { ...described.hyper, warmup: count(1, "K", "steps of warm-up") },
      body: (builder) =>
        builder.elementwise({
          scalars: ({ k, lr, warmup }) => ({
            rate: select(k, "greaterEqual", warmup, lr, mul(lr, div(k, warmup))),
          }),
          update: ({ x, g, rate }) => ({ x: sub(x, mul(rate, g)) }),
        }),
    });
    expect(plainFormula(rule, withoutNeutralTerms(rule.hyper, rule.body({})))).toEqual(["x ← x − α·g"]);
  });
});
