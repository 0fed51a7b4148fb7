import { type CompiledGraph, input, type Tensor, type TensorArray } from "@steepest/graph";
import { dropoutKey, type Mode, type ModelParameter } from "@steepest/nn";
import type { BindOptions, BoundWorkload, Evaluation, ParameterViews, Split } from "../workload.js";
import { bindStep } from "./step.js";

/** The name of the input that dropout draws from. */
const KEY = "dropoutKey";

/** How a model is applied in training; the step's graph has the key as an input where the model drops. */
export const trainingMode = (): Mode & { readonly dropoutKey: Tensor } => ({
  training: true,
  dropoutKey: input(KEY, [], "int64"),
});

/** Evaluates a network with the parameters that it was made for. */
export interface Evaluator {
  evaluate(split: Split): Promise<Evaluation>;
  release(): Promise<void>;
}

/** What a network's training reads and fills. */
export interface NetworkBinding {
  /** The graph of a step, made with `trainingMode` by `compileStep`. */
  readonly compiled: CompiledGraph;
  readonly parameters: readonly ModelParameter[];
  readonly views: ParameterViews;
  readonly options: BindOptions;
  /** What the graph reads beside the parameters and dropout's key. */
  readonly feeds: Readonly<Record<string, TensorArray>>;
  /** Draws the examples of a step, counted from 1; the result fills the feeds of micro-batch 0, 1, …. */
  readonly draw: (step: number) => (part: number) => void;
  /** Asked at the first evaluation. */
  readonly createEvaluator: (parameter: (name: string) => Float32Array) => Promise<Evaluator>;
}

/** Binds a network to its parameters: what is dropped is a function of seed, step and micro-batch alone. */
export async function bindNetwork(binding: NetworkBinding): Promise<BoundWorkload> {
  const { compiled, parameters, views, feeds, draw, createEvaluator } = binding;
  const { seed, threads, accumulate = 1 } = binding.options;
  const drops = KEY in compiled.inputs;
  const key = new BigInt64Array(1);
  const step = await bindStep({
    ...{ compiled, parameters, views, threads, accumulate },
    feeds: { ...feeds, ...(drops ? { [KEY]: key } : {}) },
  });
  let evaluator: Evaluator | undefined;
  return {
    async gradient(k) {
      const fill = draw(k);
      return step.run((part) => {
        fill(part);
        if (drops) key[0] = dropoutKey(seed, (k - 1) * accumulate + part + 1);
      });
    },
    async evaluate(split) {
      evaluator ??= await createEvaluator((name) => views.evaluation?.(name) ?? views.parameter(name));
      return evaluator.evaluate(split);
    },
    async release() {
      await step.release();
      await evaluator?.release();
    },
  };
}
