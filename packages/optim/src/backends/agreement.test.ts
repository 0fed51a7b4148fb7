import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluateScalar } from "../language/evaluate.js";
import * as e from "../language/expression.js";
import type { Phase, Rule, RuleBody } from "../language/rule.js";
import { children, replaceChildren } from "../language/traverse.js";
import { optionChoices } from "../language/validate.js";
import { registry } from "../registry.js";
import { adamw } from "../rules/adamw.js";
import { type Backend, type CompiledProgram, elementBytes, type Values, viewOf } from "./backend.js";
import { referenceBackend } from "./reference.js";
import { wasmBackend } from "./wasm/backend.js";

interface Case {
  readonly body: RuleBody;
  readonly hyper: Readonly<Record<string, number>>;
  readonly counts: readonly number[];
  readonly steps: number;
  /** Every element of an array has the same value. */
  readonly alike?: boolean;
}

/** A fixed pseudo-random value in [-1, 1) for an element. */
const value = (array: number, index: number, step: number): number => {
  const mixed = Math.imul((array + 1) * 7919 + index * 104729 + step * 1299709, 2654435761) >>> 0;
  return Math.fround(mixed / 2 ** 31 - 1);
};

/** What `run` runs: it depends on the body alone, and goes with any sizes. */
const compileFor = (backend: Backend, { body, hyper }: Pick<Case, "body" | "hyper">): CompiledProgram =>
  backend.compile({ name: "test", hyper: Object.keys(hyper), body });

/** Runs a body for some steps on every parameter of one group and returns the arrays. */
function run(backend: Backend, test: Case, compiled = compileFor(backend, test)) {
  const { body, hyper, counts, steps, alike = false } = test;
  let count = 0;
  const spans = counts.map((size) => {
    const span = { offset: count, count: size };
    count += size;
    return span;
  });
  const group = { count, spans };
  const bytes = elementBytes(backend.precision);
  const names = ["x", "g", ...(body.inputs ?? []), ...Object.keys(body.state)];
  // Odd strides: kernels must not rely on alignment beyond an element's.
  const stride = (count + 1) * bytes;
  const scratch = Math.ceil((stride * names.length) / 64) * 64;
  const memory = backend.allocate(scratch + compiled.scratchBytes(group));
  const arrays = Object.fromEntries(names.map((name, i) => [name, i * stride]));
  const bound = compiled.bind(memory, group, { arrays, scratch });
  const views = names.map((_, i) => viewOf(backend.precision, memory, i * stride, count));
  const initial = Object.fromEntries(
    Object.entries(body.state).map(([name, one]) => [name, evaluateScalar(one, hyper)]),
  );
  names.forEach((name, a) => {
    const view = views[a];
    view?.forEach((_, i) => {
      view[i] = initial[name] ?? value(a, alike ? 0 : i, 0);
    });
  });
  bound.carried.set(Object.values(body.carried).map((one) => evaluateScalar(one, hyper)));
  const hyperValues = Float64Array.from(Object.values(hyper));
  for (let step = 1; step <= steps; step++) {
    views[1]?.forEach((_, i, g) => {
      g[i] = value(1, alike ? 0 : i, step);
    });
    bound.run(step, hyperValues);
  }
  return {
    arrays: Object.fromEntries(names.map((name, i) => [name, views[i] ?? new Float32Array()])),
    bound,
  };
}

/**
 * The largest difference between two runs, relative to the size of what is compared where that is above 1.
 */
function distance(
  found: Readonly<Record<string, Values>>,
  expected: Readonly<Record<string, Values>>,
): number {
  return Math.max(
    0,
    ...Object.entries(expected).flatMap(([name, values]) => {
      const others = found[name] ?? new Float32Array();
      return Array.from(values, (one, i) => {
        const gap = Math.abs(at(others, i) - one) / Math.max(1, Math.abs(one));
        return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
      });
    }),
  );
}

/** How far the kernels are from the reference for a body, by the rest of a case. */
function differencesOf(body: RuleBody, names: Readonly<Record<string, number>>) {
  const [fused, exact] = [wasmBackend, referenceBackend].map((backend) =>
    compileFor(backend, { body, hyper: names }),
  );
  return (rest: Omit<Case, "body">): number => {
    const test = { ...rest, body };
    return distance(run(wasmBackend, test, fused).arrays, run(referenceBackend, test, exact).arrays);
  };
}

const difference = ({ body, ...rest }: Case): number => differencesOf(body, rest.hyper)(rest);

const opposite: Readonly<Partial<Record<e.BinaryOperator, e.BinaryOperator>>> = {
  add: "subtract",
  subtract: "add",
  multiply: "divide",
  divide: "multiply",
};

/** Every expression that differs from this one in one operator. */
function mutations(expression: e.Expression): readonly e.Expression[] {
  const own: e.Expression[] = [];
  if (expression.kind === "binary") {
    const operator = opposite[expression.operator];
    if (operator !== undefined) own.push({ ...expression, operator });
  }
  if (expression.kind === "unary") own.push(expression.operand);
  const inside = children(expression).flatMap((child, position) =>
    mutations(child).map((mutant) => {
      let index = 0;
      return replaceChildren(expression, (one) => (index++ === position ? mutant : one));
    }),
  );
  return [...own, ...inside];
}

const mutateBody = (body: RuleBody): readonly RuleBody[] =>
  body.phases.flatMap((phase, index) =>
    (["scalars", "assign"] as const).flatMap((part) =>
      Object.entries(phase[part]).flatMap(([name, expression]) =>
        mutations(expression).map((mutant) => ({
          ...body,
          phases: body.phases.with(index, { ...phase, [part]: { ...phase[part], [name]: mutant } }),
        })),
      ),
    ),
  );

const at = (array: Values, index: number) => array[index] ?? Number.NaN;

describe("fused float32 kernels against the float64 reference", () => {
  const rules = registry.flatMap((entry) => (entry.kind === "rule" ? [entry.rule] : []));
  /** The defaults, with something else for those that are 0. */
  const hyperOf = (rule: Rule, otherwise: number) =>
    Object.fromEntries(Object.entries(rule.hyper).map(([name, spec]) => [name, spec.default || otherwise]));

  it.each(rules.map((rule) => [rule.name, rule] as const))(
    "%s for every size from 0 to 130, and in all its forms",
    (_, rule) => {
      const hyper = hyperOf(rule, 0.01);
      for (const options of optionChoices(rule)) {
        const differenceWith = differencesOf(rule.body(options), hyper);
        const isDefault = Object.entries(rule.options).every(
          ([name, spec]) => options[name] === spec.default,
        );
        for (const count of isDefault ? Array.from({ length: 131 }, (_, size) => size) : [1, 7, 21, 83]) {
          expect(
            differenceWith({ hyper, counts: [count], steps: 5 }),
            JSON.stringify({ count, options }),
          ).toBeLessThan(2e-5);
        }
        const defaults = { hyper: hyperOf(rule, 0), counts: [37], steps: 5 };
        expect(differenceWith(defaults), JSON.stringify({ defaults: options })).toBeLessThan(2e-5);
      }
    },
  );

  it("a rule with one operator changed does not agree", () => {
    const body = adamw.body({ maximum: "none" });
    // Large enough for the sign of each to show.
    const hyper = Object.fromEntries(
      Object.keys(adamw.hyper).map((name) => [name, name.startsWith("beta") ? 0.7 : 0.05]),
    );
    expect(difference({ body, hyper, counts: [9], steps: 5 })).toBeLessThan(2e-5);
    const exact = run(referenceBackend, { body, hyper, counts: [9], steps: 5 });
    const mutants = mutateBody(body);
    expect(mutants.length).toBeGreaterThanOrEqual(30);
    for (const mutant of mutants) {
      const fused = run(wasmBackend, { body: mutant, hyper, counts: [9], steps: 5 });
      expect(distance(fused.arrays, exact.arrays), JSON.stringify(mutant)).toBeGreaterThan(2e-5);
    }
  });

  const phase: Phase = { scalars: {}, assign: {}, reduce: {}, carry: {} };
  const element = (name: string) => e.variable("element", name);
  const scalar = (name: string) => e.variable("scalar", name);

  /**
   * Random formulas that are well conditioned: no cancellation to amplify float32's rounding, no division by
   * nearly 0.
   */
  const expression = fc.letrec<{ tree: e.Expression; scalarTree: e.Expression }>((tie) => ({
    scalarTree: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(scalar("a"), scalar("b"), scalar("k"), e.toExpression(0.75)),
      fc.tuple(tie("scalarTree"), tie("scalarTree")).map(([l, r]) => e.add(l, r)),
      fc.tuple(tie("scalarTree"), tie("scalarTree")).map(([l, r]) => e.div(l, e.add(1, e.abs(r)))),
      tie("scalarTree").map((one) => e.exp(e.neg(e.abs(one)))),
      tie("scalarTree").map((one) => e.log(e.add(1, e.square(one)))),
    ),
    tree: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(element("x"), element("g"), element("s")),
      tie("scalarTree"),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.add(l, r)),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.sub(l, r)),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.mul(e.min(1, e.max(l, -1)), r)),
      fc.tuple(tie("tree"), tie("scalarTree")).map(([l, r]) => e.div(l, e.add(1, e.square(r)))),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.div(l, e.add(0.5, e.abs(r)))),
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.max(e.abs(l), e.neg(r))),
      tie("tree").map((one) => e.sqrt(e.add(0.1, e.abs(one)))),
      tie("tree").map((one) => e.mul(e.sign(element("g")), one)),
      tie("tree").map((one) => e.pow(e.add(1, e.abs(one)), -0.5)),
      // What kernels are specialised by.
      fc.tuple(tie("tree"), tie("tree")).map(([l, r]) => e.add(l, e.mul(scalar("b"), r))),
      tie("tree").map((one) => e.sqrt(e.add(e.square(one), scalar("a")))),
      fc
        .tuple(fc.constantFrom<e.Comparison>("equal", "greater"), tie("scalarTree"), tie("tree"), tie("tree"))
        .map(([comparison, one, yes, no]) => e.select(scalar("b"), comparison, one, yes, no)),
      fc
        .tuple(fc.constantFrom<e.Comparison>("equal", "greater", "greaterEqual"), tie("tree"), tie("tree"))
        .map(([comparison, yes, no]) => e.select(element("g"), comparison, element("x"), yes, no)),
    ),
  }));

  it("random formulas agree, assign from old values, and round every position alike", () => {
    fc.assert(
      fc.property(
        expression.tree,
        expression.tree,
        expression.scalarTree,
        fc.array(fc.nat(37), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0.5, 0),
        fc.constantFrom(-1.25, 0),
        (left, right, named, counts, a, b) => {
          const body: RuleBody = {
            state: { s: e.toExpression(0.25) },
            carried: {},
            phases: [
              {
                ...phase,
                scalars: { c: named },
                assign: { x: e.mul(left, e.div(1, e.add(1, e.abs(scalar("c"))))), s: right },
                reduce: { total: { over: "group", sum: e.mul(element("x"), element("g")) } },
              },
            ],
          };
          const test = { body, hyper: { a, b }, counts, steps: 1 };
          const fused = run(wasmBackend, test);
          const exact = run(referenceBackend, test);
          expect(distance(fused.arrays, exact.arrays)).toBeLessThan(2e-5);
          const alike = run(wasmBackend, { ...test, counts: [39], alike: true }).arrays;
          for (const values of Object.values(alike)) expect(new Set(values).size).toBe(1);
          const total = exact.bound.groupSums[0] ?? 0;
          expect(Math.abs((fused.bound.groupSums[0] ?? 0) - total)).toBeLessThan(
            1e-12 * Math.max(1, total) + 1e-12,
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([["lamb"], ["amos"], ["lars"], ["cautious-adamw"]])(
    "%s over parameters of several sizes, which keep values between phases one after the other",
    (name) => {
      const rule = rules.find((one) => one.name === name);
      if (rule === undefined) throw new Error(`${name} is no rule`);
      const body = rule.body(
        Object.fromEntries(Object.entries(rule.options).map(([option, spec]) => [option, spec.default])),
      );
      for (const otherwise of [0, 0.01])
        expect(
          difference({ body, hyper: hyperOf(rule, otherwise), counts: [7, 0, 83, 1, 50], steps: 5 }),
        ).toBeLessThan(2e-5);
    },
  );

  it("a phase that is left out has sums of 0 and carries nothing on", () => {
    const everySecond = e.select(e.mod(scalar("k"), 2), "equal", 0, 1, 0);
    const body: RuleBody = {
      state: {},
      carried: {},
      carriedPerParameter: { own: e.toExpression(0) },
      phases: [
        { ...phase, reduce: { first: { over: "parameter", sum: e.add(1, e.square(element("g"))) } } },
        {
          ...{ ...phase, when: everySecond },
          reduce: { second: { over: "parameter", sum: e.square(element("x")) } },
          carry: { own: e.add(scalar("own"), 1) },
        },
        { ...phase, assign: { x: e.add(element("x"), e.add(scalar("second"), scalar("own"))) } },
      ],
    };
    for (const steps of [1, 2, 3])
      expect(difference({ body, hyper: {}, counts: [5, 7], steps })).toBeLessThan(2e-5);
    const { arrays } = run(wasmBackend, { body, hyper: {}, counts: [5], steps: 1 });
    expect([...(arrays.x ?? [])]).toEqual(Array.from({ length: 5 }, (_, i) => value(0, i, 0)));
  });
});
