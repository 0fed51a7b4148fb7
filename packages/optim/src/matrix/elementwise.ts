import type { Backend, BackendMemory, BoundProgram } from "../backends/backend.js";
import { type Expression, toExpression, variable } from "../language/expression.js";
import type { Phase, RuleBody } from "../language/rule.js";
import type { Addresses } from "../optimizer/memory/arena.js";
import { elementCount } from "../parameter.js";
import type { Place } from "./matrixRule.js";

/**
 * Assignments to arrays of one size, element by element, as a back end compiles them: all are computed before
 * any is written.
 */
export interface ElementwiseUpdate {
  /** Sums over the tensor's elements, of what they are before; scalars to everything else. */
  readonly sums?: Readonly<Record<string, Expression>>;
  /**
   * Values of one update, each from hyper-parameters, the step k, the tensor's own scalars and those before
   * it.
   */
  readonly scalars?: Readonly<Record<string, Expression>>;
  readonly assign: Readonly<Record<string, Expression>>;
}

/** What an element-wise update works on: an array for each of its names. */
export interface ElementwiseTensor {
  readonly arrays: Readonly<Record<string, Place>>;
  /** Scalars beside the hyper-parameters; read at every run, the same names for every tensor. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Where the update's sums are written after each run, by name. */
  readonly totals?: Record<string, number>;
}

/** A stage that a plan declares, and that runs once the memory is there. */
export type ElementwiseStage = (step: number) => void;

/** Formulas' variables by name: of elements, and of scalars. */
export const elements = <const Name extends string>(...names: readonly Name[]): Record<Name, Expression> =>
  variables("element", names);
export const scalars = <const Name extends string>(...names: readonly Name[]): Record<Name, Expression> =>
  variables("scalar", names);

const variables = <const Name extends string>(scope: "element" | "scalar", names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, variable(scope, name)])) as Record<Name, Expression>;

/** Takes note of the element-wise stages of a plan, reserves their scratch, and binds them. */
export class ElementwiseStages {
  readonly #declared: Declared[] = [];

  declare(update: ElementwiseUpdate, tensors: readonly ElementwiseTensor[]): ElementwiseStage {
    const declared: Declared = { update, tensors, bound: [] };
    this.#declared.push(declared);
    return (step) => {
      for (const { program, hyper, own, totals, sums } of declared.bound) {
        let place = hyper.length - own.names.length;
        for (const name of own.names) hyper[place++] = own.values[name] ?? Number.NaN;
        program.run(step, hyper);
        if (totals !== undefined)
          for (let i = 0; i < sums.length; i++) totals[sums[i] ?? ""] = program.groupSums[i] ?? Number.NaN;
      }
    };
  }

  /**
   * Compiles everything and reserves room; what comes back binds it.
   * @param hyper - the rule's hyper-parameters
   */
  plan(
    backend: Backend,
    rule: string,
    hyper: readonly string[],
    space: Addresses,
  ): (memory: BackendMemory, addressOf: (place: Place) => number) => (values: Float64Array) => void {
    const planned = this.#declared.flatMap((declared) => {
      const { update, tensors } = declared;
      const [first] = tensors;
      if (first === undefined) return [];
      const own = Object.keys(first.scalars ?? {});
      const program = backend.compile({ name: rule, hyper: [...hyper, ...own], body: bodyOf(update, first) });
      return tensors.map((tensor) => {
        const [array] = Object.values(tensor.arrays);
        const count = elementCount(array?.shape ?? []);
        const shape = { count, spans: [{ offset: 0, count }] };
        const scratch = space.take(program.scratchBytes(shape));
        return { declared, tensor, own, program, shape, scratch };
      });
    });
    return (memory, addressOf) => {
      const vectors = planned.map(({ declared, tensor, own, program, shape, scratch }) => {
        const arrays = Object.fromEntries(
          Object.entries(tensor.arrays).map(([name, place]) => [name, addressOf(place)]),
        );
        const vector = new Float64Array(hyper.length + own.length);
        declared.bound.push({
          program: program.bind(memory, shape, { arrays, scratch }),
          hyper: vector,
          own: { names: own, values: tensor.scalars ?? {} },
          totals: tensor.totals,
          sums: Object.keys(declared.update.sums ?? {}),
        });
        return vector;
      });
      return (values) => {
        for (const vector of vectors)
          for (let i = 0; i < hyper.length; i++) vector[i] = values[i] ?? Number.NaN;
      };
    };
  }
}

interface Declared {
  readonly update: ElementwiseUpdate;
  readonly tensors: readonly ElementwiseTensor[];
  readonly bound: {
    readonly program: BoundProgram;
    /** The rule's hyper-parameters, then the tensor's own scalars. */
    readonly hyper: Float64Array;
    readonly own: { readonly names: readonly string[]; readonly values: Readonly<Record<string, number>> };
    readonly totals: Record<string, number> | undefined;
    readonly sums: readonly string[];
  }[];
}

/** As the body of a rule, whose slots are the arrays beside x and g. */
function bodyOf(
  { sums, scalars: before = {}, assign }: ElementwiseUpdate,
  { arrays }: ElementwiseTensor,
): RuleBody {
  const slots = Object.keys(arrays).filter((name) => name !== "x" && name !== "g");
  const idle: Phase = { scalars: {}, assign: {}, reduce: {}, carry: {} };
  const reduce = Object.fromEntries(
    Object.entries(sums ?? {}).map(([name, sum]) => [name, { over: "group" as const, sum }]),
  );
  return {
    state: Object.fromEntries(slots.map((name) => [name, toExpression(0)])),
    carried: {},
    phases: [...(sums === undefined ? [] : [{ ...idle, reduce }]), { ...idle, scalars: before, assign }],
  };
}
