import {
  batchesInOrder,
  defineSubmission,
  evaluateAsTrained,
  horizonOf,
  type InitContext,
  type Saved,
  type TrainedParameter,
  workloadBatchSize,
} from "@steepest/bench";
import type { Schedule } from "@steepest/optim";
import {
  algoperfCompetition,
  nadamwHyper,
  nadamwOf,
  optListPoints,
  selfTuningPoint,
  warmupCosine,
} from "./shared/nadamw.js";

const [first, second] = optListPoints;

/** One after the other; the published code is not in our sources, so that which three it runs is our choice. */
const settings = [selfTuningPoint, first, second] as const;

/** NAdamW that starts anew from the initial weights, at the next setting, whenever a step hint has passed. */
interface Sequence extends Saved {
  /** Before the gradient of a step: goes to the initial weights where the step is a setting's first. */
  begin(step: number, parameters: ReadonlyMap<string, TrainedParameter>): void;
  /** After it. */
  step(): void;
}

function sequenceOf({ workload, optimizer: build, initial }: InitContext): Sequence {
  const { parameters, stepHint } = workload;
  const optimizer = build(nadamwOf(settings[0]));
  const fresh = optimizer.saveState();
  const schedules: readonly Schedule[] = settings.map((setting) =>
    warmupCosine(setting, horizonOf(stepHint, parameters)),
  );
  return {
    begin(step, trained) {
      const index = Math.min(settings.length - 1, Math.floor((step - 1) / stepHint));
      const own = step - index * stepHint;
      const { lr, ...hyper } = nadamwHyper(settings[index] ?? settings[0]);
      if (own === 1) {
        optimizer.loadState(fresh);
        for (const { name, value } of trained.values()) value.set(initial(name));
        for (const [name, value] of Object.entries(hyper)) optimizer.setHyper(name, value);
      }
      optimizer.setHyper("lr", lr * (schedules[index]?.(own) ?? 0));
    },
    step: () => {
      optimizer.step();
    },
    saveState: () => optimizer.saveState(),
    loadState: (state) => optimizer.loadState(state),
  };
}

/**
 * Three settings of NAdamW, each over a step hint: the self-tuning rules of the first competition gave three
 * of them. A bench with a shorter `selfTuningBudget` ends before the later ones. Dropout is the workload's
 * for all, since it cannot change within a run.
 */
export const submission = defineSubmission<{ sequence: Sequence }>({
  name: "nadamw_sequential",
  title: "NAdamW Sequential",
  cite: algoperfCompetition,
  tuning: { kind: "self", hyperparameters: {} },
  getBatchSize: workloadBatchSize,
  initOptimizerState: (context) => ({ sequence: sequenceOf(context) }),
  dataSelection: batchesInOrder,
  async updateParams({ state: { sequence }, step, parameters, gradient }) {
    sequence.begin(step, parameters);
    await gradient();
    sequence.step();
    return undefined;
  },
  prepareForEval: evaluateAsTrained,
});
