import { describe, expect, it } from "vitest";
import { defineRule } from "./defineRule.js";
import { add, mul, sqrt, square, sub } from "./expression.js";
import { choice, decayRate, flag, stepSize } from "./hyper.js";
import type { RuleBody } from "./rule.js";

const described = {
  name: "mine",
  title: "Mine",
  summary: "a rule",
  cite: { authors: "A", year: 2020, title: "T" },
} as const;
const hyper = { lr: stepSize(0.1), beta: decayRate(0.9, "\\beta", "decay") };

describe("defineRule", () => {
  it("takes a misspelt variable for a compile error, and at run time names the nearest", () => {
    expect(() =>
      defineRule({
        ...described,
        hyper,
        body: (rule) =>
          rule.elementwise({
            state: { momentum: 0 },
            // @ts-expect-error there is no variable "momentm"
            update: ({ x, lr, momentm }) => ({ x: sub(x, mul(lr, momentm)) }),
          }),
      }),
    ).toThrow(/mine: update of x uses "momentm", which is not declared\. Did you mean "momentum"\?/);
  });

  it("refuses an assignment to what is not a slot", () => {
    expect(() =>
      defineRule({
        ...described,
        hyper,
        // @ts-expect-error "w" is no slot
        body: (rule) => rule.elementwise({ state: { v: 0 }, update: ({ g }) => ({ w: g }) }),
      }),
    ).toThrow(/unknown slot in mine, update: "w"\. Known: x, v/);
  });

  it("refuses a name declared twice, an element in a scalar, and a sum over a parameter in a carried scalar", () => {
    const define = (body: RuleBody) => () => defineRule({ ...described, hyper, body: () => body });
    const constant = { kind: "constant", value: 0 } as const;
    const phase = { scalars: {}, assign: {}, reduce: {}, carry: {} };
    const element = { kind: "variable", scope: "element", name: "g" } as const;
    const scalar = { kind: "variable", scope: "scalar", name: "norm" } as const;
    expect(define({ state: { lr: constant }, carried: {}, phases: [] })).toThrow(/"lr" is declared twice/);
    expect(define({ state: {}, carried: {}, phases: [{ ...phase, scalars: { c: element } }] })).toThrow(
      /scalar c uses g, which has one value an element/,
    );
    expect(
      define({
        state: {},
        carried: { d: constant },
        phases: [{ ...phase, reduce: { norm: { over: "parameter", sum: element } }, carry: { d: scalar } }],
      }),
    ).toThrow(/carry of d depends on a sum over a parameter/);
  });

  it("checks the body under every choice of options, and hands the chosen values in typed", () => {
    const rule = defineRule({
      ...described,
      hyper,
      options: {
        centered: flag(false, "subtract the mean"),
        where: choice(["inside", "outside"], "epsilon"),
      },
      body: (rule, { centered, where }) => {
        const typed: "inside" | "outside" = where;
        return rule.elementwise({
          state: { v: 0, ...(centered ? { mean: 0 } : {}) },
          update: ({ x, g, v, mean, beta }) => ({
            v: add(mul(beta, v), square(g)),
            ...(centered ? { mean: add(mean, g) } : {}),
            x: sub(x, typed === "inside" ? sqrt(v) : v),
          }),
        });
      },
    });
    expect(Object.keys(rule.body({ centered: true, where: "inside" }).state)).toEqual(["v", "mean"]);
    expect(Object.keys(rule.body({ centered: false, where: "inside" }).state)).toEqual(["v"]);
  });

  it("lets a later phase use the sums of earlier ones", () => {
    const rule = defineRule({
      ...described,
      hyper,
      body: (rule) =>
        rule
          .phases({ carried: { d: 1 } })
          .phase({ reduce: ({ g }) => ({ squares: { over: "group", sum: square(g) } }) })
          .phase({
            scalars: ({ squares, d }) => ({ scale: mul(d, sqrt(squares)) }),
            update: ({ x, g, scale }) => ({ x: sub(x, mul(scale, g)) }),
            carry: ({ d, scale }) => ({ d: add(d, scale) }),
          }),
    });
    expect(rule.body({}).phases).toHaveLength(2);
  });
});
