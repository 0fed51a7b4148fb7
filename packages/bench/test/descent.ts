import { expect } from "vitest";
import {
  batchesInOrder,
  defineSubmission,
  evaluateAsTrained,
  type Submission,
} from "../src/submission/index.js";

/** Functions of a submission, right or wrong, in place of those of {@link descent}. */
export interface Own {
  readonly [name: string]: unknown;
}

const cite = { authors: "Nobody", year: 2026, title: "None", url: "https://example.org" };

/** Gradient descent in five functions, with some of them replaced. */
export const descent = (own: Own = {}): Submission =>
  defineSubmission<{ count: number }>({
    ...{ name: "descent", title: "Descent", cite },
    tuning: { kind: "self", hyperparameters: {} },
    getBatchSize: ({ defaultBatchSize }) => defaultBatchSize,
    initOptimizerState: () => ({ count: 0 }),
    dataSelection: batchesInOrder,
    async updateParams({ state, parameters, gradient }) {
      await gradient();
      for (const { value, gradient: slope } of parameters.values())
        for (let i = 0; i < value.length; i++) value[i] = (value[i] ?? 0) - 0.1 * (slope[i] ?? 0);
      return { state: { count: state.count + 1 } };
    },
    prepareForEval: evaluateAsTrained,
    ...own,
  });

/** What a batch size may depend on. */
export const facts = { defaultBatchSize: 8, stepHint: 40 };

/** Matches an error by its code and message. */
export const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
