/** What the target-setting procedure found for a workload. */
export interface MeasuredTarget {
  /** To be reached on the validation split, and on the test split by rules that ask for it. */
  readonly validation: number;
  readonly test: number;
  /** The optimizer with its schedule that set it. */
  readonly by: string;
  /** The methods that were tuned, best first. */
  readonly ranking: readonly string[];
  /** Points that each of them was tuned at. */
  readonly trials: number;
  /** Runs of the best, each with another seed. */
  readonly repetitions: number;
}

/** By workload; written by packages/bench/dev/targets.js, which docs/targets.md explains. */
export const measuredTargets: Readonly<Record<string, MeasuredTarget>> = {
  "fashion-mnist": {
    validation: 0.88145,
    test: 0.8691,
    by: "nadamw:lr=0.01153,beta1=0.8984,beta2=0.993744,weightDecay=0.007638+cosine:steps=100%,warmup=10%",
    ranking: ["nadamw", "adamw", "momentum", "nesterov"],
    trials: 20,
    repetitions: 20,
  },
  "fashion-mnist_model-size": {
    validation: 0.8772,
    test: 0.8654,
    by: "nadamw:lr=0.02517,beta1=0.899,beta2=0.997761,weightDecay=0.0134+cosine:steps=100%,warmup=5%",
    ranking: ["nadamw", "adamw"],
    trials: 20,
    repetitions: 20,
  },
  "fashion-mnist_tanh": {
    validation: 0.87045,
    test: 0.8568,
    by: "adamw:lr=0.002659,beta1=0.6043,beta2=0.95513,weightDecay=0.008136+cosine:steps=100%,warmup=10%",
    ranking: ["adamw", "nadamw"],
    trials: 20,
    repetitions: 20,
  },
  "fashion-mnist_large-init": {
    validation: 0.87955,
    test: 0.8667,
    by: "nadamw:lr=0.01153,beta1=0.8984,beta2=0.993744,weightDecay=0.007638+cosine:steps=100%,warmup=10%",
    ranking: ["nadamw", "adamw"],
    trials: 20,
    repetitions: 20,
  },
  "fashion-mnist_label-noise": {
    validation: 0.87035,
    test: 0.8581,
    by: "nadamw:lr=0.007726,beta1=0.9406,beta2=0.997813,weightDecay=0.02668+cosine:steps=100%,warmup=10%",
    ranking: ["nadamw", "adamw"],
    trials: 20,
    repetitions: 20,
  },
  "sparse-logistic": {
    validation: 0.301963,
    test: 0.301054,
    by: "nadamw:lr=0.003081,beta1=0.93818,beta2=0.996736,weightDecay=0.004906+cosine:steps=100%,warmup=5%",
    ranking: ["nadamw", "adamw", "momentum", "nesterov"],
    trials: 40,
    repetitions: 20,
  },
  "sparse-logistic_heavy-tail": {
    validation: 0.248644,
    test: 0.241539,
    by: "adamw:lr=0.003081,beta1=0.93818,beta2=0.996736,weightDecay=0.004906+cosine:steps=100%,warmup=5%",
    ranking: ["adamw", "nadamw"],
    trials: 40,
    repetitions: 20,
  },
  "sparse-logistic_label-noise": {
    validation: 0.476828,
    test: 0.489257,
    by: "nadamw:lr=0.001605,beta1=0.8148,beta2=0.998119,weightDecay=0.006636+cosine:steps=100%,warmup=2%",
    ranking: ["nadamw", "adamw"],
    trials: 40,
    repetitions: 20,
  },
  "sparse-logistic_scaled-features": {
    validation: 0.291578,
    test: 0.292511,
    by: "nadamw:lr=0.002659,beta1=0.6043,beta2=0.95513,weightDecay=0.008136+cosine:steps=100%,warmup=10%",
    ranking: ["nadamw", "adamw"],
    trials: 40,
    repetitions: 20,
  },
  "sparse-logistic_large-init": {
    validation: 0.303863,
    test: 0.305028,
    by: "adamw:lr=0.004868,beta1=0.95592,beta2=0.997642,weightDecay=0.2619+cosine:steps=100%,warmup=5%",
    ranking: ["adamw", "nadamw"],
    trials: 40,
    repetitions: 20,
  },
  "least-squares": {
    validation: 0.000195295,
    test: 0.0002108,
    by: "adamw:lr=0.007689,beta1=0.8098,beta2=0.998413,weightDecay=0.001291+cosine:steps=100%,warmup=10%",
    ranking: ["adamw", "nadamw", "nesterov", "momentum"],
    trials: 40,
    repetitions: 20,
  },
  "least-squares_correlation": {
    validation: 0.000203182,
    test: 0.000217427,
    by: "adamw:lr=0.006761,beta1=0.8334,beta2=0.98559,weightDecay=0.001346+cosine:steps=100%,warmup=5%",
    ranking: ["adamw", "nadamw"],
    trials: 40,
    repetitions: 20,
  },
  "least-squares_equal-units": {
    validation: 0.000193437,
    test: 0.000208633,
    by: "nadamw:lr=0.001605,beta1=0.8148,beta2=0.998119,weightDecay=0.006636+cosine:steps=100%,warmup=2%",
    ranking: ["nadamw", "adamw"],
    trials: 40,
    repetitions: 20,
  },
  "least-squares_noise": {
    validation: 0.00486288,
    test: 0.00524826,
    by: "nadamw:lr=0.007689,beta1=0.8098,beta2=0.998413,weightDecay=0.001291+cosine:steps=100%,warmup=10%",
    ranking: ["nadamw", "adamw"],
    trials: 40,
    repetitions: 20,
  },
  "least-squares_large-init": {
    validation: 0.00019637,
    test: 0.000211178,
    by: "nadamw:lr=0.01593,beta1=0.6746,beta2=0.993832,weightDecay=0.03203+cosine:steps=100%,warmup=5%",
    ranking: ["nadamw", "adamw"],
    trials: 40,
    repetitions: 20,
  },
};
