import type { ParameterSpec } from "@steepest/optim";
import { randomStream } from "@steepest/random";
import type { MethodContext, TrainedMethod } from "@steepest/train";
import { type Hyperparameters, methodOf, type Submission } from "../src/submission/index.js";

/** A matrix, its bias, a head and an embedding: something for every kind of optimizer. */
export const toyParameters: readonly ParameterSpec[] = [
  { name: "hidden.weight", shape: [4, 6], role: "hiddenMatrix" },
  { name: "hidden.bias", shape: [4], role: "bias" },
  { name: "head.weight", shape: [3, 4], role: "head" },
  { name: "table", shape: [5, 3], role: "embedding" },
];

const sizeOf = ({ shape }: ParameterSpec): number => shape.reduce((product, size) => product * size, 1);

/** Initial values of a parameter, the same in every run. */
export const initialOf = (parameter: ParameterSpec): Float32Array => {
  const random = randomStream(7, "initial", parameter.name);
  return Float32Array.from({ length: sizeOf(parameter) }, () => random.normal());
};

/** A method over toy parameters whose loss is Σ (x − 0.1)²/2, with noise of the batch in the gradient. */
export interface ToyRun {
  readonly method: TrainedMethod;
  /** The batches whose gradient was asked for, in order. */
  readonly batches: readonly number[];
  /** The gradient of a batch at the parameters as they stand. */
  readonly gradient: (batch: number) => Promise<number>;
  /** Makes the steps `from` … `to` and gives their losses. */
  steps(from: number, to: number): Promise<readonly number[]>;
  /** All parameters, one after the other. */
  values(): Float32Array;
  /** The weights that are evaluated. */
  evaluated(): Promise<Float32Array>;
}

/** What a toy run may have otherwise. */
export interface ToyOptions {
  readonly point?: Hyperparameters;
  readonly stepHint?: number;
  readonly parameters?: readonly ParameterSpec[];
  readonly noise?: number;
  readonly optimizerOnly?: boolean;
}

/** Builds a run of a submission over toy parameters. */
export async function toyRun(submission: Submission, options: ToyOptions = {}): Promise<ToyRun> {
  const { parameters = toyParameters, stepHint = 40, noise = 0.1, optimizerOnly = false } = options;
  const point = options.point ?? firstPoint(submission);
  const { method } = methodOf(submission, point, { defaultBatchSize: 8, stepHint }, { optimizerOnly });
  const context: MethodContext = {
    ...{ parameters, batchSize: 8, trainCount: 100, steps: stepHint, seed: 3, threads: 1 },
    initial: (name) => initialOf(named(parameters, name)),
  };
  const trained = await method.create(context);
  for (const parameter of parameters) trained.parameter(parameter.name).set(initialOf(parameter));
  const batches: number[] = [];
  const gradient = async (batch: number) => {
    batches.push(batch);
    let loss = 0;
    for (const { name } of parameters) {
      const random = randomStream(11, name, batch);
      const [value, slope] = [trained.parameter(name), trained.gradient(name)];
      for (const [i, x] of value.entries()) {
        loss += (x - 0.1) ** 2 / 2;
        slope[i] = x - 0.1 + noise * random.normal();
      }
    }
    return loss;
  };
  const joined = (view: (name: string) => Float32Array) =>
    Float32Array.from(parameters.flatMap(({ name }) => [...view(name)]));
  return {
    ...{ method: trained, batches, gradient },
    async steps(from, to) {
      const losses: number[] = [];
      for (let k = from; k <= to; k++) losses.push(await trained.step(k, gradient));
      return losses;
    },
    values: () => joined((name) => trained.parameter(name)),
    async evaluated() {
      await trained.enterEvaluation();
      const values = joined((name) => trained.evaluationParameter(name));
      trained.leaveEvaluation();
      return values;
    },
  };
}

const named = (parameters: readonly ParameterSpec[], name: string): ParameterSpec => {
  const found = parameters.find((parameter) => parameter.name === name);
  if (found === undefined) throw new Error(`no parameter ${name}`);
  return found;
};

/** Every point that a submission is tried at. */
export const pointsOf = ({ tuning }: Submission): readonly Hyperparameters[] => {
  if (tuning.kind === "self") return [tuning.hyperparameters];
  return "points" in tuning ? tuning.points : [];
};

const firstPoint = (submission: Submission): Hyperparameters => pointsOf(submission)[0] ?? {};
