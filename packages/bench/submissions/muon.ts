import { batchesInOrder, defineSubmission, evaluateAsTrained, workloadBatchSize } from "@steepest/bench";
import { cosineSchedule, type Optimizer, type ParameterSpec } from "@steepest/optim";

const setting = {
  ...{ learning_rate: 0.0001357495179, dropout_rate: 0 },
  ...{ muon_beta: 0.9560745273, muon_lr_multiplier: 28.61130298, muon_weight_decay: 0.02397563985 },
  ...{ pair_beta1: 0.96586744, pair_beta2: 0.8629173173, pair_eps: 1e-8, pair_weight_decay: 0.01275028385 },
};

/** Matrices and kernels, the head among them, go to Muon; embeddings and vectors to NAdamW. */
const isForMuon = ({ shape, role }: ParameterSpec): boolean => shape.length >= 2 && role !== "embedding";

/** Muon beside NAdamW under one learning rate, which falls by a cosine wave from the start. */
export const submission = defineSubmission<Record<string, Optimizer>, typeof setting>({
  name: "muon",
  title: "Muon",
  cite: {
    authors: "Jordan, Jin, Boza, You, Cesista, Newhouse, Bernstein",
    year: 2024,
    title: "Muon: An optimizer for hidden layers in neural networks",
    url: "https://kellerjordan.github.io/posts/muon/",
  },
  tuning: { kind: "self", hyperparameters: setting },
  getBatchSize: workloadBatchSize,
  initOptimizerState({ hyperparameters: point, workload: { parameters, stepHint }, optimizer }) {
    const schedule = cosineSchedule.create({ steps: stepHint });
    const matrices = parameters.filter(isForMuon).map(({ name }) => name);
    const others = parameters.map(({ name }) => name).filter((name) => !matrices.includes(name));
    const muon = {
      name: "muon",
      hyper: {
        lr: point.learning_rate * point.muon_lr_multiplier,
        ...{ momentum: point.muon_beta, weightDecay: point.muon_weight_decay },
      },
      options: { nesterov: false, scale: "tall" },
    } as const;
    const pair = {
      name: "nadamw",
      hyper: {
        ...{ lr: point.learning_rate, beta1: point.pair_beta1, beta2: point.pair_beta2 },
        ...{ eps: point.pair_eps, weightDecay: point.pair_weight_decay },
      },
      options: {},
    } as const;
    const roles = Object.fromEntries(matrices.map((name) => [name, "hiddenMatrix"] as const));
    return {
      ...(matrices.length === 0 ? {} : { muon: optimizer(muon, { parameters: matrices, roles, schedule }) }),
      ...(others.length === 0 ? {} : { pair: optimizer(pair, { parameters: others, schedule }) }),
    };
  },
  dataSelection: batchesInOrder,
  async updateParams({ state, gradient }) {
    await gradient();
    for (const optimizer of Object.values(state)) await optimizer.stepAsync();
    return undefined;
  },
  prepareForEval: evaluateAsTrained,
});
