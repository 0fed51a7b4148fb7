import { parameter as parameterTensor } from "@steepest/graph";
import type { RandomStream } from "@steepest/random";
import type { BindOptions, LoadedWorkload, Split, Workload } from "@steepest/workloads";

/** Noise in [-1/2, 1/2) that depends on its arguments alone. */
function noise(...keys: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const key of keys) hash = Math.imul(hash ^ key, 0x85ebca6b) ^ (hash >>> 13);
  return (hash >>> 0) / 2 ** 32 - 0.5;
}

function initialise(values: Float32Array | Float64Array, stream: RandomStream): void {
  for (let i = 0; i < values.length; i++) values[i] = stream.normal() / 2;
}

/** What a test may change about the toy. */
export interface ToyOptions {
  readonly procedural?: boolean;
  /** Steps whose loss is NaN. */
  readonly nanAt?: number;
  /** What the loss of mini-batches is below that of the splits. */
  readonly easier?: number;
  /** Whether it has no accuracy, and a target of the loss. */
  readonly lossOnly?: boolean;
  /** What the loss of the test split is above that of the others. */
  readonly harderTest?: number;
  /** Called before each gradient. */
  readonly onStep?: (step: number) => void;
  readonly onLoad?: () => void;
  readonly onBind?: (options: BindOptions) => void;
  readonly onEvaluate?: (split: Split) => void;
}

/**
 * A workload without data: ½‖x − 1‖² over two parameters, with gradient noise that is a pure function of seed
 * and step, and accuracy e^(−loss), so that every bit of a run is known to depend on configuration and step
 * only.
 */
export function toyWorkload({
  procedural = false,
  nanAt,
  easier = 0,
  lossOnly = false,
  harderTest = 0,
  onStep,
  onLoad,
  onBind,
  onEvaluate,
}: ToyOptions = {}): Workload {
  const parameters = [
    { name: "layer.weight", shape: [5, 3], role: "hiddenMatrix" as const },
    { name: "layer.bias", shape: [3], role: "bias" as const },
  ].map((spec) => ({ ...spec, tensor: parameterTensor(spec.name, spec.shape), initialise }));
  return {
    name: "toy",
    description: "a noisy parabola",
    defaults: { batchSize: 10, epochs: 4 },
    target: lossOnly
      ? { metric: "loss", direction: "min", split: "validation", value: 0.1 }
      : { metric: "accuracy", direction: "max", split: "validation", value: 0.9 },
    async load({ notify } = {}) {
      onLoad?.();
      if (procedural) notify?.("these are not the real data");
      return loadedToy(procedural);
    },
  };

  function loadedToy(isProcedural: boolean): LoadedWorkload {
    return {
      parameters,
      parameterCount: 18,
      trainCount: 205,
      dataBytes: 0,
      metrics: lossOnly ? ["loss"] : ["loss", "accuracy"],
      source: isProcedural ? "procedural toy" : "toy, exact",
      procedural: isProcedural,
      async bind({ parameter, gradient, evaluation }, options) {
        onBind?.(options);
        const { seed, batchSize } = options;
        const views = parameters.map(({ name }) => ({ x: parameter(name), g: gradient(name) }));
        const lossAt = (weights: readonly Float32Array[]) =>
          weights.reduce((sum, x) => sum + x.reduce((part, value) => part + (value - 1) ** 2 / 2, 0), 0);
        const trained = views.map(({ x }) => x);
        const evaluated = evaluation === undefined ? trained : parameters.map(({ name }) => evaluation(name));
        return {
          async gradient(step) {
            onStep?.(step);
            views.forEach(({ x, g }, p) => {
              for (let i = 0; i < x.length; i++) g[i] = (x[i] ?? 0) - 1 + noise(seed, step, p, i) / batchSize;
            });
            return step === nanAt ? Number.NaN : lossAt(trained) - easier;
          },
          async evaluate(split) {
            onEvaluate?.(split);
            const loss = lossAt(evaluated) + (split === "test" ? harderTest : 0);
            const count = split === "train" ? 205 : 50;
            return lossOnly ? { loss, count } : { loss, accuracy: Math.exp(-loss), count };
          },
          async release() {},
        };
      },
    };
  }
}
