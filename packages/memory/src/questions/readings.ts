import { type MemoryPlan, planWith } from "../plan/plan.js";
import type { Checkpointing } from "../plan/settings.js";
import { planOrNothing } from "./changes.js";

/** Activations under one reading of checkpointing. */
export interface CheckpointReading {
  readonly kind: Checkpointing["kind"];
  readonly activationBytes: number;
  /** Whether it is the plan's own. */
  readonly isChosen: boolean;
}

const kinds = ["none", "selective", "full", "sqrt", "half"] as const;

/** Bytes of a plan's activations. */
export const activationBytes = ({ terms }: Pick<MemoryPlan, "terms">): number =>
  sumOf(terms.filter(({ category }) => category === "activations"));

const stateCategories = new Set(["parameters", "gradients", "masterWeights", "state"]);

/** Bytes of a plan's model states: parameters, gradients, and what the optimizer keeps. */
export const modelStateBytes = ({ terms }: Pick<MemoryPlan, "terms">): number =>
  sumOf(terms.filter(({ category }) => stateCategories.has(category)));

const sumOf = (terms: readonly { readonly bytes: number }[]): number =>
  terms.reduce((sum, { bytes }) => sum + bytes, 0);

/** What a plan's activations would be under every kind of checkpointing that its method has a formula for. */
export const checkpointReadings = (plan: MemoryPlan): readonly CheckpointReading[] =>
  [...kinds, plan.settings.checkpoint.kind].flatMap((kind, index, all) => {
    const isChosen = kind === plan.settings.checkpoint.kind;
    if (all.indexOf(kind) !== index) return [];
    const read =
      isChosen || kind === "every"
        ? planWith(plan.model, plan.settings)
        : planOrNothing(plan, { ...plan.settings, checkpoint: { kind } });
    return read === undefined ? [] : [{ kind, activationBytes: activationBytes(read), isChosen }];
  });
