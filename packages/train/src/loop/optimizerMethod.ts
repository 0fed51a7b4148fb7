import {
  type ClosureOptimizer,
  createClosureOptimizer,
  createOptimizer,
  createSchedule,
  formatOptimizerSpec,
  matrixDecayGroups,
  type Optimizer,
  type OptimizerSpec,
  optimizerOf,
  parseSchedule,
} from "@steepest/optim";
import { graphLinearAlgebra } from "@steepest/workloads";
import { dearRefreshes } from "../configuration/refreshCost.js";
import { checkedLoss } from "./divergence.js";
import type { MethodContext, TrainedMethod, TrainingMethod } from "./method.js";

/** What goes with an optimizer in a run. */
export interface OptimizerSettings {
  /** Factor on the learning rate, as `parseSchedule` reads it; steps are numbers. */
  readonly schedule?: string;
  readonly clip?: { readonly globalNorm?: number; readonly value?: number };
  /** What the optimizer's weight decay is of; default all. */
  readonly decay?: "all" | "matrices";
}

/** What an optimizer asks to know of the run that it is made for. */
export type OptimizerContext = Pick<
  MethodContext,
  "parameters" | "batchSize" | "exampleOperations" | "threads"
>;

/** Training with an optimizer. */
export interface OptimizerMethod extends TrainingMethod {
  create(context: OptimizerContext): TrainedMethod;
}

/** Makes a step of an optimizer. */
type Step = TrainedMethod["step"];

/**
 * Training with an optimizer of any kind: one gradient and one update a step, or as many gradients of the
 * step's mini-batch as the optimizer asks for. `create` throws for values out of range and settings that the
 * optimizer cannot honour.
 */
export const optimizerMethod = (spec: OptimizerSpec, settings: OptimizerSettings): OptimizerMethod => ({
  name: formatOptimizerSpec(spec),
  create({ parameters, batchSize, exampleOperations, threads }) {
    const { schedule, clip, decay } = settings;
    const config = {
      ...(decay === "matrices" ? { groups: matrixDecayGroups(spec, parameters) } : {}),
      ...(schedule === undefined ? {} : { schedule: createSchedule(parseSchedule(schedule)) }),
      ...(clip === undefined ? {} : { clip }),
    };
    const notices = dearRefreshes(
      { optimizer: formatOptimizerSpec(spec), batchSize },
      parameters,
      exampleOperations,
    );
    const { kind } = optimizerOf(spec);
    if (kind === "closure") {
      const optimizer = createClosureOptimizer(spec, parameters, config);
      return trained(spec, optimizer, closureStep(optimizer), notices);
    }
    if (kind === "rule") {
      const optimizer = createOptimizer(spec, parameters, config);
      return trained(spec, optimizer, ruleStep(optimizer), notices);
    }
    const linearAlgebra = graphLinearAlgebra({ threads });
    const optimizer = createOptimizer(spec, parameters, { ...config, linearAlgebra });
    const release = () => linearAlgebra.release();
    return trained(spec, optimizer, matrixStep(optimizer), notices, release);
  },
});

function trained(
  spec: OptimizerSpec,
  optimizer: Optimizer | ClosureOptimizer,
  step: Step,
  notices: readonly string[],
  release: () => Promise<void> = async () => {},
): TrainedMethod {
  let evaluated: ReadonlyMap<string, Float32Array> | undefined;
  return {
    notices: [...missingInputs(optimizer, spec), ...notices],
    parameter: (name) => float32(optimizer.parameter(name)),
    gradient: (name) => float32(optimizer.gradient(name)),
    evaluationParameter(name) {
      evaluated ??= evaluationViews(optimizer);
      // The optimizer knows how to say that there is no such parameter.
      return evaluated.get(name) ?? float32(optimizer.parameter(name));
    },
    step,
    enterEvaluation: () => optimizer.enterEvaluation(),
    leaveEvaluation: () => optimizer.leaveEvaluation(),
    saveState: () => optimizer.saveState(),
    loadState: (file) => optimizer.loadState(file),
    release,
  };
}

/** One update, which is done at once: no other step waits for a turn of the event loop. */
const ruleStep =
  (optimizer: Optimizer): Step =>
  async (k, gradient) => {
    // Checked before the update, so that the parameters are still those of the last finite loss.
    const loss = checkedLoss(await gradient(k), k);
    optimizer.step();
    return loss;
  };

/** One update, whose linear algebra takes time. */
const matrixStep =
  (optimizer: Optimizer): Step =>
  async (k, gradient) => {
    const loss = checkedLoss(await gradient(k), k);
    await optimizer.stepAsync();
    return loss;
  };

/** The same mini-batch as often as the optimizer asks. */
const closureStep =
  (optimizer: ClosureOptimizer): Step =>
  async (k, gradient) => {
    let first = true;
    const { loss } = await optimizer.stepAsync(async () => {
      const value = await gradient(k);
      // Elsewhere it is for the optimizer to judge: a search takes a shorter step.
      if (first) checkedLoss(value, k);
      first = false;
      return value;
    });
    return loss;
  };

/** Where the weights to evaluate with are in evaluation mode, which alone shows them. */
function evaluationViews(optimizer: Optimizer | ClosureOptimizer): ReadonlyMap<string, Float32Array> {
  const training = optimizer.mode === "training";
  if (training) optimizer.enterEvaluation();
  const views = new Map(
    optimizer.parameters.map(({ name }) => [name, float32(optimizer.evaluationParameter(name))]),
  );
  if (training) optimizer.leaveEvaluation();
  return views;
}

/**
 * A view of an optimizer of the default backend, whose arrays are float32: ONNX Runtime reads and fills them
 * in place.
 */
export function float32(view: Float32Array | Float64Array): Float32Array {
  if (view instanceof Float32Array) return view;
  throw new TypeError("internal: an optimizer that trains must hold float32 arrays");
}

/** What is to be said of an optimizer that asks for more than gradients, which is all that training makes. */
const missingInputs = ({ inputs }: Optimizer | ClosureOptimizer, spec: OptimizerSpec): readonly string[] =>
  inputs.map(
    (input) =>
      `${formatOptimizerSpec(spec)} is given no ${input}: training makes gradients alone, so that it is 0 here. ` +
      "Sophia's steps then have the clipped size in almost every coordinate: this is the sign of the mean of " +
      "gradients, not the method of its authors",
  );
