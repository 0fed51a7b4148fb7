import { describe, expect, it } from "vitest";
import { descent, facts, type Own, refusal } from "../../test/descent.js";
import { toyRun } from "../../test/methods.js";
import { methodOf } from "./index.js";

describe("where only the optimizer may differ", () => {
  const optimizerOnly = true;
  type Gradient = (batch?: number) => Promise<number>;

  it("a step is what it is without the rule", async () => {
    const [free, bound] = [await toyRun(descent()), await toyRun(descent(), { optimizerOnly })];
    await free.steps(1, 5);
    await bound.steps(1, 5);
    expect(bound.values()).toEqual(free.values());
  });

  it.each<[string, Own, RegExp]>([
    [
      "a second gradient",
      {
        updateParams: async ({ gradient }: { gradient: Gradient }) => {
          await gradient();
          await gradient();
        },
      },
      /asks for 2 gradients at step 1, where one a step is given/,
    ],
    [
      "the gradient of another mini-batch",
      { updateParams: async ({ gradient }: { gradient: Gradient }) => void (await gradient(7)) },
      /chooses mini-batch 7 for step 1, where the data are given/,
    ],
    [
      "other data",
      { dataSelection: ({ step }: { step: number }) => step + 1 },
      /chooses mini-batch 2 for step 1, where the data are given/,
    ],
    [
      "an early end",
      {
        updateParams: async ({ gradient }: { gradient: Gradient }) => {
          await gradient();
          return { finished: true };
        },
      },
      /ends its run by its own word/,
    ],
  ])("refuses %s as the step is made", async (_, own, message) => {
    const run = await toyRun(descent(own), { optimizerOnly });
    await expect(run.steps(1, 1)).rejects.toEqual(refusal("misuse", message));
    await expect((await toyRun(descent(own))).steps(1, 1)).resolves.toHaveLength(1);
  });

  it("refuses another batch size and regularisation before anything runs", () => {
    const larger = descent({ getBatchSize: () => 16 });
    expect(() => methodOf(larger, {}, facts, { optimizerOnly })).toThrow(
      refusal("misuse", /trains on 16 examples a step, where 8 are given/),
    );
    expect(methodOf(larger, {}, facts).batchSize).toBe(16);
    for (const name of ["dropout_rate", "label_smoothing"]) {
      const point = { [name]: 0.1 };
      const regular = descent({ tuning: { kind: "self", hyperparameters: point } });
      expect(() => methodOf(regular, point, facts, { optimizerOnly })).toThrow(
        refusal("misuse", /chooses dropout or label smoothing/),
      );
    }
  });
});
