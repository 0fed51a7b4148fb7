import { fromOptimizer } from "@steepest/bench";
import { cosineOverFraction } from "./shared/cosineOverFraction.js";
import { algoperfCompetition } from "./shared/nadamw.js";

/**
 * A search over forms: its first setting is Nesterov momentum without a preconditioner, the others NAdamW;
 * all with decoupled decay. The original has a second rate of dropout, for workloads with two kinds.
 */
export const submission = fromOptimizer({
  name: "generalized_adam",
  title: "Generalized Adam",
  cite: algoperfCompetition,
  points: [
    {
      ...{ learning_rate: 1.9487942250159782, beta1: 0.9721703824185486, beta2: 0 },
      ...{ weight_decay: 0.00024022723093685417, warmup_steps_fraction: 0.1, cosine_decay_fraction: 1 },
      ...{ nesterov: true, disable_preconditioning: true },
      ...{ dropout_rate: 0.1, aux_dropout_rate: 0.1, label_smoothing: 0.2 },
    },
    {
      ...{ learning_rate: 0.0023792566965593815, beta1: 0.9800966478498105, beta2: 0.9632738717172477 },
      ...{ weight_decay: 0.3417568278549717, warmup_steps_fraction: 0.01, cosine_decay_fraction: 0.75 },
      ...{ nesterov: true, disable_preconditioning: false },
      ...{ dropout_rate: 0, aux_dropout_rate: 0, label_smoothing: 0 },
    },
    {
      ...{ learning_rate: 0.003705201967500061, beta1: 0.9735338788784104, beta2: 0.9785557586542197 },
      ...{ weight_decay: 0.022670946869370066, warmup_steps_fraction: 0.1, cosine_decay_fraction: 0.75 },
      ...{ nesterov: true, disable_preconditioning: false },
      ...{ dropout_rate: 0.1, aux_dropout_rate: 0.1, label_smoothing: 0.2 },
    },
    {
      ...{ learning_rate: 0.0014271957958295392, beta1: 0.9661952124707597, beta2: 0.9957304053273589 },
      ...{ weight_decay: 0.09153141484048229, warmup_steps_fraction: 0.01, cosine_decay_fraction: 1 },
      ...{ nesterov: true, disable_preconditioning: false },
      ...{ dropout_rate: 0.1, aux_dropout_rate: 0.1, label_smoothing: 0.1 },
    },
    {
      ...{ learning_rate: 0.001768509931943289, beta1: 0.9414979138541995, beta2: 0.9768053375036079 },
      ...{ weight_decay: 0.0279513959224539, warmup_steps_fraction: 0.02, cosine_decay_fraction: 1 },
      ...{ nesterov: true, disable_preconditioning: false },
      ...{ dropout_rate: 0, aux_dropout_rate: 0.1, label_smoothing: 0.2 },
    },
  ],
  optimizer: ({ learning_rate, beta1, beta2, weight_decay, nesterov, disable_preconditioning }) => ({
    name: "generalized-adam",
    hyper: {
      ...{ lr: learning_rate, beta1, weightDecay: weight_decay },
      // Without a preconditioner there is nothing that it would act on.
      ...(disable_preconditioning ? {} : { beta2 }),
    },
    options: { nesterov, disablePreconditioning: disable_preconditioning },
  }),
  schedule: cosineOverFraction,
});
