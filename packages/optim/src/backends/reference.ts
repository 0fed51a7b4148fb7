import { SteepestError } from "../errors.js";
import { evaluator } from "../language/evaluate.js";
import { type Expression, toExpression } from "../language/expression.js";
import { type Backend, type CompiledProgram, groupSumNames, type Program, unitsOf } from "./backend.js";
import { referenceMoves } from "./moves.js";

/*
 * The readable meaning of a rule, in float64: expressions become closures over the element's index, and every
 * phase does literally what `Phase` says. It is the oracle that the fused kernels are tested against, so it
 * shares no code with them.
 */

function compile({ hyper, body }: Program): CompiledProgram {
  return {
    scratchBytes: () => 0,
    bind(memory, group, addresses) {
      const arrays = Object.fromEntries(
        Object.entries(addresses.arrays).map(([name, address]) => [
          name,
          new Float64Array(memory.buffer, address, group.count),
        ]),
      );
      const sumNames = groupSumNames(body);
      const groupSums = new Float64Array(sumNames.length);
      const carriedNames = Object.keys(body.carried);
      const ownNames = Object.keys(body.carriedPerParameter ?? {});
      const spans = unitsOf(body, group);
      const carried = new Float64Array(carriedNames.length + ownNames.length * spans.length);

      const units = spans.map((span, index) => {
        const scalars = new Map<string, number>();
        const environment = { scalars, arrays };
        const compileAll = (expressions: Readonly<Record<string, Expression>>) =>
          Object.entries(expressions).map(([name, expression]) => ({
            name,
            evaluate: evaluator(expression, environment),
          }));
        const phases = body.phases.map((phase) => ({
          when: evaluator(phase.when ?? toExpression(1), environment),
          scalars: compileAll(phase.scalars),
          updates: compileAll(phase.assign).map(({ name, evaluate }) => ({
            array: arrays[name] ?? new Float64Array(0),
            evaluate,
          })),
          sums: Object.entries(phase.reduce).map(([name, { over, sum }]) => ({
            name,
            over,
            evaluate: evaluator(sum, environment),
          })),
          carry: compileAll(phase.carry),
        }));
        /** Where a carried scalar of this unit lies in `carried`. */
        const places = new Map([
          ...carriedNames.map((name, place) => [name, place] as const),
          ...ownNames.map(
            (name, own) => [name, carriedNames.length + index * ownNames.length + own] as const,
          ),
        ]);
        return { span, scalars, phases, places };
      });

      const next = new Float64Array(
        Math.max(0, ...body.phases.map(({ assign }) => Object.keys(assign).length)),
      );

      const start = (step: number, hyperValues: Float64Array) => {
        for (const { scalars, places } of units) {
          scalars.set("k", step);
          hyper.forEach((name, i) => {
            scalars.set(name, hyperValues[i] ?? Number.NaN);
          });
          for (const [name, place] of places) scalars.set(name, carried[place] ?? Number.NaN);
        }
        groupSums.fill(0);
      };

      const pass = (p: number) => {
        for (const { span, scalars, phases } of units) {
          const phase = phases[p];
          if (phase === undefined) continue;
          for (const { name, evaluate } of phase.scalars) scalars.set(name, evaluate(0));
          const totals = new Float64Array(phase.sums.length);
          const end = phase.when(0) === 0 ? span.offset : span.offset + span.count;
          for (let i = span.offset; i < end; i++) {
            phase.sums.forEach(({ evaluate }, sum) => {
              totals[sum] = (totals[sum] ?? 0) + evaluate(i);
            });
            phase.updates.forEach(({ evaluate }, update) => {
              next[update] = evaluate(i);
            });
            phase.updates.forEach(({ array }, update) => {
              array[i] = next[update] ?? Number.NaN;
            });
          }
          phase.sums.forEach(({ name, over }, sum) => {
            const total = totals[sum] ?? Number.NaN;
            const place = sumNames.indexOf(name);
            if (over === "parameter") scalars.set(name, total);
            else groupSums[place] = (groupSums[place] ?? 0) + total;
          });
        }
      };

      const conclude = (p: number) => {
        for (const { scalars } of units) {
          sumNames.forEach((name, place) => {
            scalars.set(name, groupSums[place] ?? Number.NaN);
          });
        }
        const replaced = units.map(({ phases, scalars, places }) => {
          const phase = phases[p];
          if (phase === undefined || phase.when(0) === 0) return () => {};
          const values = phase.carry.map(({ name, evaluate }) => [name, evaluate(0)] as const);
          return () => {
            for (const [name, value] of values) {
              scalars.set(name, value);
              carried[places.get(name) ?? -1] = value;
            }
          };
        });
        for (const replace of replaced) replace();
      };

      return {
        ...{ carried, groupSums, start, pass, conclude },
        run(step, hyperValues) {
          start(step, hyperValues);
          body.phases.forEach((_, p) => {
            pass(p);
            conclude(p);
          });
        },
      };
    },
  };
}

/**
 * The float64 interpreter, about a microsecond an element: for tests and for problems of a few thousand
 * parameters.
 */
export const referenceBackend: Backend = {
  precision: "float64",
  allocatedBytes: (bytes) => bytes,
  allocate(bytes) {
    try {
      return { buffer: new ArrayBuffer(bytes) };
    } catch (cause) {
      throw new SteepestError(
        "unavailable",
        `${bytes} bytes for parameters, gradients and state cannot be had`,
        'Use fewer parameters, or float32 (backend: "wasm"), which takes half',
        { cause },
      );
    }
  },
  compile,
  moves: referenceMoves,
};
