import {
  createOptimizer,
  elementCount,
  type Optimizer,
  optimizerOf,
  type ParameterSpec,
  parseOptimizerSpec,
  SteepestError,
  unknownName,
} from "@steepest/optim";
import { float32 } from "@steepest/train";
import { graphLinearAlgebra } from "@steepest/workloads";
import type { OptimizerChoice, OptimizerSettings, TrainedParameter } from "./submission.js";

/** A parameter's arrays, and those to evaluate with. */
export interface Home extends TrainedParameter {
  readonly evaluation: Float32Array;
  /** Whether the weights to evaluate with have an array that no optimizer fills. */
  readonly keepsEvaluation: boolean;
}

/** Where parameters live: in the memory of the optimizer that updates them, else in arrays of their own. */
export interface Homes {
  /** Builds an optimizer, in whose memory its parameters live. */
  optimizer(choice: OptimizerChoice, settings?: OptimizerSettings): Optimizer;
  /**
   * The parameters' arrays, once all optimizers are there. Where weights to evaluate with are to be written,
   * and no optimizer keeps an average, they have arrays of their own.
   */
  settle(writesEvaluation: boolean): ReadonlyMap<string, Home>;
  /** Lets the optimizers that average compute what they evaluate with. */
  enterEvaluation(): void;
  leaveEvaluation(): void;
  release(): Promise<void>;
}

/** Homes of a workload's parameters. */
export function createHomes(
  submission: string,
  parameters: readonly ParameterSpec[],
  threads: number,
): Homes {
  const ownerOf = new Map<string, Optimizer>();
  const optimizers: Optimizer[] = [];
  const releases: (() => Promise<void>)[] = [];
  const names = parameters.map(({ name }) => name);

  const taken = (chosen: readonly string[] | undefined): readonly ParameterSpec[] => {
    for (const name of chosen ?? [])
      if (!names.includes(name))
        throw unknownName(`parameter for an optimizer of ${submission}`, name, names);
    const mine = parameters.filter(({ name }) => chosen?.includes(name) ?? true);
    const twice = mine.find(({ name }) => ownerOf.has(name));
    if (twice !== undefined)
      throw new SteepestError(
        "misuse",
        `${submission} gives the parameter ${twice.name} to a second optimizer`,
        "Give each optimizer its own: optimizer(spec, { parameters: [names] })",
      );
    return mine;
  };

  return {
    optimizer(choice, { parameters: chosen, roles = {}, ...config } = {}) {
      const spec = typeof choice === "string" ? parseOptimizerSpec(choice) : choice;
      const mine = taken(chosen).map((parameter) => ({
        ...parameter,
        role: Object.hasOwn(roles, parameter.name)
          ? (roles[parameter.name] ?? parameter.role)
          : parameter.role,
      }));
      let optimizer: Optimizer;
      if (usesMatrices(spec)) {
        const linearAlgebra = graphLinearAlgebra({ threads });
        releases.push(() => linearAlgebra.release());
        optimizer = createOptimizer(spec, mine, { ...config, linearAlgebra });
      } else optimizer = createOptimizer(spec, mine, config);
      for (const { name } of mine) ownerOf.set(name, optimizer);
      optimizers.push(optimizer);
      return optimizer;
    },
    settle(writesEvaluation) {
      for (const optimizer of optimizers) optimizer.enterEvaluation();
      const homes = new Map(
        parameters.map(({ name, shape, role }) => {
          const owner = ownerOf.get(name);
          const size = elementCount(shape);
          const value = owner === undefined ? new Float32Array(size) : float32(owner.parameter(name));
          const gradient = owner === undefined ? new Float32Array(size) : float32(owner.gradient(name));
          const own = owner === undefined ? value : float32(owner.evaluationParameter(name));
          const keepsEvaluation = own === value && writesEvaluation;
          const evaluation = keepsEvaluation ? new Float32Array(size) : own;
          return [name, { name, shape, role, value, gradient, evaluation, keepsEvaluation }] as const;
        }),
      );
      for (const optimizer of optimizers) optimizer.leaveEvaluation();
      return homes;
    },
    enterEvaluation() {
      for (const optimizer of optimizers) optimizer.enterEvaluation();
    },
    leaveEvaluation() {
      for (const optimizer of optimizers) optimizer.leaveEvaluation();
    },
    async release() {
      for (const release of releases) await release();
    },
  };
}

const usesMatrices = (choice: Exclude<OptimizerChoice, string>): boolean =>
  "rule" in choice ? "plan" in choice.rule : optimizerOf(choice).kind === "matrix";
