import { setImmediate as eventLoopTurn } from "node:timers/promises";
import { SteepestError } from "@steepest/optim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { descent, facts, refusal } from "../../test/descent.js";
import { toyRun } from "../../test/methods.js";
import { methodOf, type Submission } from "./index.js";

describe("a submission in five functions", () => {
  it("makes the steps that it describes: against the same steps in plain numbers", async () => {
    const run = await toyRun(descent(), { noise: 0 });
    const expected = [...run.values()];
    await run.steps(1, 3);
    for (let k = 0; k < 3; k++) for (const [i, x] of expected.entries()) expected[i] = x - 0.1 * (x - 0.1);
    for (const [i, x] of run.values().entries()) expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 5);
    expect(run.batches).toEqual([1, 2, 3]);
  });

  it("reports the loss of its first gradient, and lets it choose batches and ask twice", async () => {
    const run = await toyRun(
      descent({
        dataSelection: ({ step }: { step: number }) => 10 * step,
        async updateParams({ gradient, parameters }: Parameters<Submission["updateParams"]>[0]) {
          await gradient();
          parameters.get("table")?.value.fill(0.1);
          await gradient(4);
          return undefined;
        },
      }),
    );
    const before = await run.gradient(1);
    const [loss] = await run.steps(1, 1);
    expect(loss).toBe(before);
    expect(await run.gradient(1)).toBeLessThan(before);
    expect(run.batches).toEqual([1, 10, 4, 1]);
  });

  it("takes back parameters that it gives, and ends by its own word", async () => {
    const run = await toyRun(
      descent({
        async updateParams({ gradient, step }: { gradient: () => Promise<number>; step: number }) {
          await gradient();
          return { parameters: { "hidden.bias": Float32Array.of(1, 2, 3, step) }, finished: step === 2 };
        },
      }),
    );
    await run.steps(1, 1);
    expect(run.method.finished?.()).toBe(false);
    await run.steps(2, 2);
    expect(run.method.finished?.()).toBe(true);
    expect([...run.method.parameter("hidden.bias")]).toEqual([1, 2, 3, 2]);
    const resumed = await toyRun(descent());
    resumed.method.loadState(run.method.saveState());
    expect(resumed.method.finished?.()).toBe(true);
  });

  it("is evaluated at the weights that it prepares, and trains on from where it was", async () => {
    const run = await toyRun(
      descent({ prepareForEval: () => ({ "hidden.bias": new Float32Array(4).fill(9) }) }),
    );
    await run.steps(1, 1);
    const trained = run.values();
    const evaluated = await run.evaluated();
    expect([...evaluated.slice(24, 28)]).toEqual([9, 9, 9, 9]);
    expect(evaluated.slice(0, 24)).toEqual(trained.slice(0, 24));
    expect(run.values()).toEqual(trained);
  });

  it("may wait for what it prepares", async () => {
    const run = await toyRun(
      descent({ prepareForEval: async () => ({ "hidden.bias": new Float32Array(4).fill(8) }) }),
    );
    expect([...(await run.evaluated()).slice(24, 28)]).toEqual([8, 8, 8, 8]);
  });

  it("gives the same bits when it is saved and taken back in another process's place", async () => {
    const submission = descent({
      initOptimizerState: () => ({
        ...{ count: 0, name: "a", flag: false, sum: new Float64Array(2), seen: new Int32Array(3) },
      }),
      async updateParams({ state, parameters, gradient, random }: Parameters<Submission["updateParams"]>[0]) {
        await gradient();
        const count = Number(state.count) + 1;
        const { sum, seen } = state;
        if (!(sum instanceof Float64Array && seen instanceof Int32Array)) throw new Error("lost");
        sum[0] = (sum[0] ?? 0) + count / 3;
        seen[count % 3] = count;
        for (const { value, gradient: slope } of parameters.values())
          for (let i = 0; i < value.length; i++)
            value[i] =
              (value[i] ?? 0) -
              0.1 * (slope[i] ?? 0) -
              1e-3 * (sum[0] ?? 0) * random("noise", count).uniform() -
              (state.flag === true ? 1e-3 : 0) * (seen[1] ?? 0);
        return { state: { ...state, count, name: `a${count}`, flag: count % 2 === 0 } };
      },
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), async (stop) => {
        const whole = await toyRun(submission);
        await whole.steps(1, 7);
        const first = await toyRun(submission);
        await first.steps(1, stop);
        const second = await toyRun(submission);
        second.method.loadState(first.method.saveState());
        for (const name of ["hidden.weight", "hidden.bias", "head.weight", "table"])
          second.method.parameter(name).set(first.method.parameter(name));
        await second.steps(stop + 1, 7);
        expect(second.values()).toEqual(whole.values());
        expect(second.method.saveState()).toEqual(whole.method.saveState());
      }),
      { numRuns: 6 },
    );
  });
});

describe("rules of a submission", () => {
  it.each(["name", "workload_name", "target", "description", "toString"])(
    "refuses one that asks for the workload's %s",
    async (question) => {
      const ask = (asked: object): unknown => Reflect.get(asked, question);
      const refused = refusal("misuse", /forbid/);
      expect(() =>
        methodOf(descent({ getBatchSize: (asked: object) => (ask(asked) === "x" ? 1 : 2) }), {}, facts),
      ).toThrow(refused);
      const asks = descent({
        initOptimizerState: ({ workload }: { workload: object }) => ({ count: ask(workload) === 1 ? 1 : 0 }),
      });
      await expect(toyRun(asks)).rejects.toEqual(refused);
      const later = await toyRun(
        descent({ dataSelection: ({ workload }: { workload: object }) => (ask(workload) === 1 ? 1 : 2) }),
      );
      await expect(later.steps(1, 1)).rejects.toEqual(refused);
    },
  );

  it("takes facts that are used as a text for the workload's name", () => {
    const named = (asked: object) => (`${asked}` === "mnist" ? 16 : 32);
    expect(() => methodOf(descent({ getBatchSize: named }), {}, facts)).toThrow(
      refusal("misuse", /asks for the workload's name/),
    );
  });

  it("answers what it may know, and misspelt questions with the nearest", async () => {
    const seen: unknown[] = [];
    await toyRun(
      descent({
        initOptimizerState: ({ workload }: Parameters<Submission["initOptimizerState"]>[0]) => {
          const { parameters, batchSize, trainCount, stepHint } = workload;
          seen.push(parameters.length, batchSize, trainCount, stepHint, { ...workload });
          return { count: 0 };
        },
      }),
    );
    expect(seen.slice(0, 4)).toEqual([4, 8, 100, 40]);
    expect(() =>
      methodOf(
        descent({ getBatchSize: (asked: object) => Number(Reflect.get(asked, "stepHnt")) }),
        {},
        facts,
      ),
    ).toThrow(/stepHint/);
  });

  it.each([-1, 0, 1.5, Number.NaN, "64", undefined])("refuses %s as a batch size", (batchSize) => {
    expect(() => methodOf(descent({ getBatchSize: () => batchSize }), {}, facts)).toThrow(
      refusal("invalid-value", /getBatchSize gave/),
    );
  });

  it.each([0, -3, 2.5, "1"])("refuses %s as a mini-batch", async (batch) => {
    const run = await toyRun(descent({ dataSelection: () => batch }));
    await expect(run.steps(1, 1)).rejects.toEqual(refusal("invalid-value", /dataSelection/));
  });

  it("refuses gradients outside updateParams: kept for prepareForEval, or asked for during an evaluation", async () => {
    let kept: () => Promise<number> = async () => Number.NaN;
    const keeps = {
      async updateParams({ gradient }: { gradient: () => Promise<number> }) {
        kept = gradient;
        await gradient();
        return undefined;
      },
    };
    const during = await toyRun(descent(keeps));
    await during.steps(1, 1);
    await during.method.enterEvaluation();
    void kept();
    expect(() => during.method.leaveEvaluation()).toThrow(refusal("misuse", /outside updateParams/));
    expect(during.batches).toEqual([1]);

    const after = await toyRun(descent(keeps));
    await after.steps(1, 1);
    void kept();
    await expect(after.steps(2, 2)).rejects.toEqual(refusal("misuse", /outside updateParams/));
  });

  it("refuses weights that change during an evaluation", async () => {
    const run = await toyRun(descent());
    await run.steps(1, 1);
    await run.method.enterEvaluation();
    const bias = run.method.parameter("hidden.bias");
    bias[2] = (bias[2] ?? 0) + 1e-6;
    expect(() => run.method.leaveEvaluation()).toThrow(refusal("misuse", /during an evaluation/));

    const prepared = await toyRun(descent({ prepareForEval: () => ({}) }));
    await prepared.steps(1, 1);
    await prepared.method.enterEvaluation();
    prepared.method.evaluationParameter("table").fill(0);
    expect(() => prepared.method.leaveEvaluation()).toThrow(refusal("misuse", /during an evaluation/));
  });

  it.each([
    ["another length", { "hidden.bias": new Float32Array(5) }, "shape-mismatch", /\[4\]/],
    ["another name", { "hidden.bais": new Float32Array(4) }, "unknown-name", /hidden\.bias/],
    ["another kind", { "hidden.bias": [1, 2, 3, 4] }, "invalid-value", /an array/],
    ["no record", [new Float32Array(4)], "invalid-value", /for parameters/],
  ])("refuses parameters of %s", async (_, parameters, code, message) => {
    const gives = async ({ gradient }: { gradient: () => Promise<number> }) => {
      await gradient();
      return { parameters };
    };
    const updates = await toyRun(descent({ updateParams: gives }));
    const before = updates.values();
    await expect(updates.steps(1, 1)).rejects.toEqual(refusal(code, message));
    expect(updates.values()).toEqual(before);
    const prepares = await toyRun(descent({ prepareForEval: () => parameters }));
    await expect((async () => prepares.method.enterEvaluation())()).rejects.toEqual(refusal(code, message));
  });

  it.each([
    ["no gradient", async () => undefined, /without a gradient/],
    [
      "two gradients at once",
      async ({ gradient }: { gradient: () => Promise<number> }) => {
        await Promise.all([gradient(), gradient()]);
        return undefined;
      },
      /second gradient/,
    ],
  ])("refuses a step with %s", async (_, updateParams, message) => {
    const run = await toyRun(descent({ updateParams }));
    await expect(run.steps(1, 1)).rejects.toEqual(refusal("misuse", message));
  });

  it("refuses a step that does not wait for its gradient", async () => {
    const run = await toyRun(
      descent({
        async updateParams({ gradient }: { gradient: () => Promise<number> }) {
          void gradient();
          return undefined;
        },
      }),
    );
    const slow = async (batch: number) => {
      await eventLoopTurn();
      return run.gradient(batch);
    };
    await expect(run.method.step(1, slow)).rejects.toEqual(refusal("misuse", /while a gradient/));
  });

  it.each([
    ["cannot be saved", { when: new Date() }, /when is an object/],
    ["changes its names", { other: 1 }, /count was number and is now absent/],
    ["changes its kinds", { count: "1" }, /count was number and is now string/],
  ])("refuses a state that %s", async (_, state, message) => {
    const updateParams = async ({ gradient }: { gradient: () => Promise<number> }) => {
      await gradient();
      return { state };
    };
    const run = await toyRun(descent({ updateParams }));
    await expect(run.steps(1, 1)).rejects.toEqual(refusal("invalid-value", message));
  });

  it("says where training diverges, with the parameters as they were", async () => {
    const run = await toyRun(
      descent({
        async updateParams({ gradient, parameters }: Parameters<Submission["updateParams"]>[0]) {
          await gradient();
          for (const { value } of parameters.values()) value.fill(Number.NaN);
          return undefined;
        },
      }),
    );
    await run.steps(1, 1);
    await expect(run.steps(2, 2)).rejects.toEqual(refusal("non-finite", /step 2/));
  });

  it("refuses an optimizer for parameters that have one, and for some that are not there", async () => {
    const builds = (own: (context: Parameters<Submission["initOptimizerState"]>[0]) => unknown) =>
      toyRun(
        descent({
          initOptimizerState: (context: Parameters<Submission["initOptimizerState"]>[0]) => {
            own(context);
            return { count: 0 };
          },
        }),
      );
    await expect(
      builds(({ optimizer }) => [optimizer("sgd", { parameters: ["table"] }), optimizer("adam")]),
    ).rejects.toEqual(refusal("misuse", /table to a second optimizer/));
    await expect(builds(({ optimizer }) => optimizer("adam", { parameters: ["tabel"] }))).rejects.toEqual(
      refusal("unknown-name", /"table"/),
    );
    await expect(builds(({ optimizer }) => optimizer("adma"))).rejects.toBeInstanceOf(SteepestError);
  });

  it("refuses the state of another submission", async () => {
    const first = await toyRun(descent());
    const second = await toyRun(descent({ name: "other" }));
    expect(() => second.method.loadState(first.method.saveState())).toThrow(
      refusal("state-mismatch", /descent/),
    );
    const third = await toyRun(descent({ initOptimizerState: () => ({ count: 0, more: 1 }) }));
    expect(() => third.method.loadState(first.method.saveState())).toThrow(refusal("state-mismatch", /more/));
  });
});
