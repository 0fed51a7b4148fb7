/** What the target-setting procedure found for a workload. */
export interface MeasuredTarget {
  /** To be reached on the validation split: the median over seeds of the best that the best baseline got. */
  readonly validation: number;
  /** To be reached on the test split. */
  readonly test: number;
}

/** By workload. */
export const measuredTargets: Readonly<Record<string, MeasuredTarget>> = {
  "fashion-mnist": { validation: 0.89, test: 0.88 },
  "fashion-mnist_model-size": { validation: 0.88, test: 0.87 },
  "fashion-mnist_tanh": { validation: 0.88, test: 0.87 },
  "fashion-mnist_large-init": { validation: 0.88, test: 0.87 },
  "fashion-mnist_label-noise": { validation: 0.87, test: 0.86 },
  "sparse-logistic": { validation: 0.302, test: 0.305 },
  "sparse-logistic_heavy-tail": { validation: 0.284, test: 0.29 },
  "sparse-logistic_label-noise": { validation: 0.496, test: 0.5 },
  "sparse-logistic_scaled-features": { validation: 0.261, test: 0.265 },
  "sparse-logistic_large-init": { validation: 0.302, test: 0.305 },
  "least-squares": { validation: 0.000194, test: 0.0002 },
  "least-squares_correlation": { validation: 0.000196, test: 0.0002 },
  "least-squares_equal-units": { validation: 0.000194, test: 0.0002 },
  "least-squares_noise": { validation: 0.00483, test: 0.005 },
  "least-squares_large-init": { validation: 0.000198, test: 0.0002 },
};
