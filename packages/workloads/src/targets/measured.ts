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
    validation: 0.89,
    test: 0.88,
    by: "provisional",
    ranking: [],
    trials: 0,
    repetitions: 0,
  },
  "fashion-mnist_model-size": {
    validation: 0.88,
    test: 0.87,
    by: "provisional",
    ranking: [],
    trials: 0,
    repetitions: 0,
  },
  "fashion-mnist_tanh": {
    validation: 0.88,
    test: 0.87,
    by: "provisional",
    ranking: [],
    trials: 0,
    repetitions: 0,
  },
  "fashion-mnist_large-init": {
    validation: 0.88,
    test: 0.87,
    by: "provisional",
    ranking: [],
    trials: 0,
    repetitions: 0,
  },
  "fashion-mnist_label-noise": {
    validation: 0.87,
    test: 0.86,
    by: "provisional",
    ranking: [],
    trials: 0,
    repetitions: 0,
  },
  "sparse-logistic": {
    validation: 0.299665,
    test: 0.298622,
    by: "momentum:lr=0.0001895,beta=0.98764,weightDecay=0.00002731+warmup:steps=5%@5%/polynomial:steps=90%,final=0.001",
    ranking: ["momentum", "nesterov", "nadamw", "adamw"],
    trials: 50,
    repetitions: 20,
  },
  "sparse-logistic_heavy-tail": {
    validation: 0.243911,
    test: 0.236624,
    by: "nadamw:lr=0.001605,beta1=0.8148,beta2=0.998119,weightDecay=0.006636+cosine:steps=100%,warmup=2%",
    ranking: ["nadamw", "momentum"],
    trials: 50,
    repetitions: 20,
  },
  "sparse-logistic_label-noise": {
    validation: 0.474518,
    test: 0.486662,
    by: "momentum:lr=0.00219,beta=0.7298,weightDecay=0.000005951+warmup:steps=5%@5%/polynomial:steps=90%,final=0.01",
    ranking: ["momentum", "nadamw"],
    trials: 50,
    repetitions: 20,
  },
  "sparse-logistic_scaled-features": {
    validation: 0.287079,
    test: 0.286561,
    by: "nadamw:lr=0.001295,beta1=0.8644,beta2=0.98812,weightDecay=0.004837+cosine:steps=100%,warmup=2%",
    ranking: ["nadamw", "momentum"],
    trials: 50,
    repetitions: 20,
  },
  "sparse-logistic_large-init": {
    validation: 0.29919,
    test: 0.297434,
    by: "nadamw:lr=0.001605,beta1=0.8148,beta2=0.998119,weightDecay=0.006636+cosine:steps=100%,warmup=2%",
    ranking: ["nadamw", "momentum"],
    trials: 50,
    repetitions: 20,
  },
  "least-squares": {
    validation: 0.000193318,
    test: 0.000208246,
    by: "adamw:lr=0.02517,beta1=0.899,beta2=0.997761,weightDecay=0.0134+cosine:steps=100%,warmup=5%",
    ranking: ["adamw", "nadamw", "nesterov", "momentum"],
    trials: 50,
    repetitions: 20,
  },
  "least-squares_correlation": {
    validation: 0.000193587,
    test: 0.000208018,
    by: "nadamw:lr=0.02517,beta1=0.899,beta2=0.997761,weightDecay=0.0134+cosine:steps=100%,warmup=5%",
    ranking: ["nadamw", "adamw"],
    trials: 50,
    repetitions: 20,
  },
  "least-squares_equal-units": {
    validation: 0.000193028,
    test: 0.000207506,
    by: "adamw:lr=0.002027,beta1=0.8426,beta2=0.997284,weightDecay=0.01294+cosine:steps=100%,warmup=2%",
    ranking: ["adamw", "nadamw"],
    trials: 50,
    repetitions: 20,
  },
  "least-squares_noise": {
    validation: 0.00482777,
    test: 0.00520921,
    by: "adamw:lr=0.02517,beta1=0.899,beta2=0.997761,weightDecay=0.0134+cosine:steps=100%,warmup=5%",
    ranking: ["adamw", "nadamw"],
    trials: 50,
    repetitions: 20,
  },
  "least-squares_large-init": {
    validation: 0.000193071,
    test: 0.000208321,
    by: "adamw:lr=0.0008849,beta1=0.8892,beta2=0.95046,weightDecay=0.03158+cosine:steps=100%,warmup=10%",
    ranking: ["adamw", "nadamw"],
    trials: 50,
    repetitions: 20,
  },
};
