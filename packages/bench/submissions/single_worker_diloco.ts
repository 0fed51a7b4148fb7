import { batchesInOrder, defineSubmission, workloadBatchSize } from "@steepest/bench";
import { cosineSchedule, type Optimizer } from "@steepest/optim";

const setting = {
  ...{ learning_rate: 0.000955, beta1: 0.99, beta2: 0.995, epsilon: 1e-8, weight_decay: 0.2424 },
  ...{ sync_period: 75, outer_lr: 0.3006, outer_momentum: 0.7675, dropout_rate: 0 },
};

/**
 * DiLoCo with one worker: AdamW, and every 75 steps an outer step with Nesterov momentum. Evaluated is where
 * the last outer step ended, not where AdamW has got to since.
 */
export const submission = defineSubmission<{ optimizer: Optimizer }, typeof setting>({
  name: "single_worker_diloco",
  title: "Single-worker DiLoCo",
  cite: {
    authors: "Douillard, Feng, Rusu, Chhaparia, et al.",
    year: 2023,
    title: "DiLoCo: Distributed Low-Communication Training of Language Models",
    url: "https://arxiv.org/abs/2311.08105",
  },
  tuning: { kind: "self", hyperparameters: setting },
  getBatchSize: workloadBatchSize,
  initOptimizerState({ hyperparameters: point, workload: { stepHint }, optimizer }) {
    const hyper = {
      ...{ lr: point.learning_rate, beta1: point.beta1, beta2: point.beta2, eps: point.epsilon },
      ...{ weightDecay: point.weight_decay, syncPeriod: point.sync_period },
      ...{ outerLr: point.outer_lr, outerMomentum: point.outer_momentum },
    };
    const spec = { name: "diloco", hyper, options: { base: "adamw" } };
    return { optimizer: optimizer(spec, { schedule: cosineSchedule.create({ steps: stepHint }) }) };
  },
  dataSelection: batchesInOrder,
  async updateParams({ state: { optimizer }, gradient }) {
    await gradient();
    optimizer.step();
    return undefined;
  },
  prepareForEval({ state: { optimizer }, parameters, step }) {
    // The slow weights begin with the first step.
    if (step === 0) return undefined;
    return Object.fromEntries(
      [...parameters.keys()].map((name) => [name, optimizer.state(name, "outerStart")]),
    );
  },
});
