import { describe, expect, it } from "vitest";
import { defineRule } from "../../language/defineRule.js";
import {
  add,
  div,
  type Expression,
  ema,
  mul,
  pow,
  select,
  sqrt,
  square,
  sub,
  variable,
} from "../../language/expression.js";
import { decayRate, nonNegative, stepSize } from "../../language/hyper.js";
import type { Phase } from "../../language/rule.js";
import { createRuleOptimizer } from "../../optimizer/optimizer.js";
import { adamw } from "../../rules/adamw.js";
import { amos } from "../../rules/amos.js";
import { amsgrad } from "../../rules/amsgrad.js";
import { cautiousAdamw } from "../../rules/cautiousAdamw.js";
import { gd } from "../../rules/gd.js";
import { lamb } from "../../rules/lamb.js";
import { prodigy } from "../../rules/prodigy.js";
import { keepBetweenPhases } from "./kept.js";
import { lowerPhase } from "./lower.js";
import { specialise } from "./specialise.js";

const x = variable("element", "x");
const g = variable("element", "g");
const lr = variable("scalar", "lr");
const phase = (assign: Readonly<Record<string, Expression>>): Phase => ({
  scalars: {},
  assign,
  reduce: {},
  carry: {},
});

const described = {
  name: "mine",
  title: "Mine",
  summary: "-",
  cite: { authors: "-", year: 2020, title: "-" },
};

describe("lowering", () => {
  it("reads and writes no more than a rule needs", () => {
    const bytesOf = ({ nodes, stores }: ReturnType<typeof lowerPhase>) =>
      4 * (nodes.filter(({ kind }) => kind === "load").length + stores.length);
    const defaults = (rule: typeof gd) =>
      rule.body(Object.fromEntries(Object.entries(rule.options).map(([name, spec]) => [name, spec.default])));
    const traffic = (rule: typeof gd) =>
      defaults(rule).phases.reduce((sum, one) => sum + bytesOf(lowerPhase(rule.name, one)), 0);
    expect([gd, adamw, amsgrad].map(traffic)).toEqual([12, 28, 36]);
    expect(lowerPhase("mine", phase({ x: sub(x, g), s: variable("element", "s") })).stores).toHaveLength(1);
  });

  it("computes a common sub-expression once, and what mentions no element outside", () => {
    const shared = () => sqrt(add(square(g), 1));
    const { nodes, scalarInputs } = lowerPhase(
      "mine",
      phase({ x: div(shared(), mul(shared(), sub(1, lr))) }),
    );
    expect(nodes.filter((node) => node.kind === "operation" && node.operator === "squareRoot")).toHaveLength(
      1,
    );
    expect(scalarInputs).toHaveLength(2);
  });

  it("divides by a scalar once a step, not once an element", () => {
    const { nodes } = lowerPhase("mine", phase({ x: div(g, lr) }));
    expect(nodes.some((node) => node.kind === "operation" && node.operator === "divide")).toBe(false);
  });

  it("gathers the scalars that multiply an element, also through sums and choices", () => {
    const multiplications = (expression: Expression) =>
      lowerPhase("mine", phase({ x: expression })).nodes.filter(
        (node) => node.kind === "operation" && node.operator === "multiply",
      ).length;
    const k = variable("scalar", "k");
    expect(multiplications(mul(lr, div(div(g, k), add(x, 1))))).toBe(1);
    expect(multiplications(mul(div(g, k), div(lr, add(x, 1))))).toBe(1);
    expect(multiplications(mul(lr, add(mul(k, x), div(g, lr))))).toBe(2);
    expect(multiplications(mul(lr, select(g, "greater", x, mul(k, g), 0)))).toBe(1);
    // What is used twice is computed once.
    const mean = mul(k, g);
    expect(multiplications(add(mul(lr, mean), square(mean)))).toBe(3);
    // Small times small, before it is made large: no product of elements that was not there.
    expect(multiplications(mul(mul(lr, g), mul(k, x)))).toBe(3);
  });

  it("has no choice by a scalar in a kernel, and no addend that is 0", () => {
    const lengthsOf = (expression: Expression) =>
      specialise(phase({ x: expression })).phases.map((one) => lowerPhase("mine", one).nodes.length);
    const b = variable("scalar", "b");
    // x, g, sum; x, √g, sum; and where only one of the two is there.
    expect(lengthsOf(add(x, select(b, "greater", 1, g, sqrt(g))))).toEqual([4, 3]);
    expect(lengthsOf(add(x, mul(b, g)))).toEqual([5, 1]);
    expect(lengthsOf(sqrt(add(g, b)))).toEqual([4, 2]);
    expect(lengthsOf(add(sqrt(g), b))).toEqual([4]);
    const four = [b, lr, variable("scalar", "c"), variable("scalar", "d")];
    expect(lengthsOf(four.reduce<Expression>((sum, one) => add(sum, mul(one, g)), x))).toHaveLength(8);
  });

  it("keeps a direction between phases where that moves no more bytes, and makes it once", () => {
    const bodyOf = (rule: typeof lamb) =>
      rule.body(Object.fromEntries(Object.entries(rule.options).map(([name, spec]) => [name, spec.default])));
    const roots = (phases: readonly Phase[]) =>
      phases.map(
        (one) =>
          lowerPhase("mine", one).nodes.filter(
            (node) => node.kind === "operation" && node.operator === "squareRoot",
          ).length,
      );
    const { phases, kept } = keepBetweenPhases(bodyOf(lamb));
    expect(kept).toHaveLength(1);
    expect(roots(bodyOf(lamb).phases)).toEqual([1, 1]);
    expect(roots(phases)).toEqual([1, 0]);
    expect(keepBetweenPhases(bodyOf(amos)).kept).toHaveLength(1);
    // Its first phase reads no v, so that keeping would cost more; and sums over all are nobody's own.
    for (const rule of [cautiousAdamw, prodigy, adamw])
      expect(keepBetweenPhases(bodyOf(rule)).kept).toEqual([]);
  });

  it("leaves what is not chosen at 0, whatever it would be multiplied by", () => {
    const rule = defineRule({
      ...described,
      hyper: { lr: stepSize(1), total: nonNegative(0, "t", "what steps are divided by") },
      body: (builder) =>
        builder.elementwise({
          update: ({ x: from, g: by, lr: rate, total }) => ({
            x: sub(from, mul(rate, select(by, "greater", 0, div(by, total), 0))),
          }),
        }),
    });
    const optimizer = createRuleOptimizer({ rule }, [{ name: "x", shape: [2], role: "other" }]);
    optimizer.gradient("x").set([1, -1]);
    optimizer.step();
    expect([...optimizer.parameter("x")]).toEqual([Number.NEGATIVE_INFINITY, 0]);
  });

  it("takes another kernel as soon as a hyper-parameter says so", () => {
    const rule = defineRule({
      ...described,
      hyper: { lr: stepSize(1), decay: nonNegative(0, "d", "decay") },
      body: (builder) =>
        builder.elementwise({ update: ({ x: from, g: by, decay }) => ({ x: add(from, mul(decay, by)) }) }),
    });
    const optimizer = createRuleOptimizer({ rule }, [{ name: "x", shape: [5], role: "other" }]);
    optimizer.gradient("x").fill(1);
    const seen = [0, 0.5, 0, 2].map((decay) => {
      optimizer.setHyper("decay", decay);
      optimizer.step();
      return optimizer.parameter("x")[4];
    });
    expect(seen).toEqual([0, 0.5, 0.5, 2.5]);
  });

  it("adds x − x in float32, counts masks, multiplies what is the same for each element, and adds the rest in float64", () => {
    const termOf = (sum: Expression) =>
      lowerPhase("mine", { ...phase({}), reduce: { total: { over: "group", sum } } }).sums[0]?.term;
    expect(termOf(sub(add(g, x), add(g, x)))).toBe("zeroOrNaN");
    expect(termOf(sub(g, x))).toBe("value");
    expect(termOf(sub(lr, lr))).toBe("each");
    expect(termOf(select(x, "greater", g, 1, 0))).toBe("count");
    expect(termOf(select(x, "greater", g, 2, 0))).toBe("value");
    expect(termOf(square(g))).toBe("product");
  });

  it("rounds 1 − β to float32 after the subtraction", () => {
    const rule = defineRule({
      ...described,
      hyper: { beta: decayRate(0.9999, "\\beta", "decay") },
      body: (builder) =>
        builder.elementwise({ update: ({ x: average, g: next, beta }) => ({ x: ema(average, next, beta) }) }),
    });
    const optimizer = createRuleOptimizer({ rule }, [{ name: "x", shape: [1], role: "other" }]);
    optimizer.gradient("x")[0] = 1;
    optimizer.step();
    // In float32 throughout, 1 − β would be 1.0001659e-4.
    expect(optimizer.parameter("x")[0]).toBe(Math.fround(1 - 0.9999));
  });

  it("says what the fused kernels cannot do, and the float64 back end can", () => {
    const rule = defineRule({
      ...described,
      hyper: { lr: stepSize(1) },
      body: (builder) => builder.elementwise({ update: ({ x, g }) => ({ x: pow(x, g) }) }),
    });
    const build = (backend: "wasm" | "float64") =>
      createRuleOptimizer({ rule }, [{ name: "x", shape: [1], role: "other" }], { backend });
    expect(() => build("wasm")).toThrow(
      "mine: the fused float32 kernels cannot compute a power whose exponent differs from element to element",
    );
    const optimizer = build("float64");
    optimizer.parameter("x")[0] = 2;
    optimizer.gradient("x")[0] = 0.3;
    optimizer.step();
    expect(optimizer.parameter("x")[0]).toBeCloseTo(2 ** 0.3, 14);
  });
});
