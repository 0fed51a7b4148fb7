import type { Expression } from "../../language/expression.js";
import type { Phase } from "../../language/rule.js";
import { ElementEmitter, type Slots } from "./elements.js";
import { encodeModule, FunctionEncoder, i32, simd, v128 } from "./encoder.js";
import { type LoweredPhase, lowerPhase } from "./lower.js";
import { specialise } from "./specialise.js";
import { stagesOf, stripLoops } from "./strips.js";
import { accumulatorsOf } from "./sums.js";

/*
 * One function a phase (and outcome of its conditions). Its argument is the address of a descriptor, a row of
 * 32-bit words:
 *   [number of elements, address of the scalar inputs, of the sums, of a strip's slots, of each array...]
 * Sixteen elements an iteration keep enough loads in flight to fill the memory bus; a loop over four and a
 * loop over one finish the rest. Every loop computes with the same four-lane instructions (the last with one
 * lane in use), so that an element's bits do not depend on its position. Of longer bodies two copies are
 * computed before either is stored; those with a power go over strips, stage by stage.
 */

/** Words of a descriptor before the arrays' addresses. */
export const descriptorHeader = 4;

/** What a phase computes under one outcome of its conditions. */
export interface Kernel {
  readonly phase: LoweredPhase;
  /** Of memory for a strip's slots. */
  readonly slotBytes: number;
  /** A module of one function; compiled when it is first asked for. */
  module(): WebAssembly.Module;
}

/** The kernels of a phase: by outcome, the first condition the lowest bit of a kernel's place. */
export interface PhaseKernels {
  /** Scalars: 0 where a condition does not hold. */
  readonly conditions: readonly Expression[];
  readonly kernels: readonly Kernel[];
}

/** Lowers the phases of a rule; `arrays` is the order of addresses in descriptors. */
export const generateKernels = (
  rule: string,
  phases: readonly Phase[],
  arrays: readonly string[],
): readonly PhaseKernels[] =>
  phases.map((phase) => {
    const { conditions, phases: specialised } = specialise(phase);
    return { conditions, kernels: specialised.map((one) => kernelOf(lowerPhase(rule, one), arrays)) };
  });

function kernelOf(phase: LoweredPhase, arrays: readonly string[]): Kernel {
  let compiled: WebAssembly.Module | undefined;
  return {
    phase,
    slotBytes: stagesOf(phase).bytes,
    module: () => {
      compiled ??= new WebAssembly.Module(encodeModule([generatePhase(phase, arrays)]));
      return compiled;
    },
  };
}

const lanes = 4;
const unroll = 4;
const laneBytes = 4;

/** How many copies are computed before they are stored: short bodies would only run out of registers. */
const copiesTogether = ({ nodes }: LoweredPhase): number =>
  nodes.filter(({ kind }) => kind === "operation").length <= 20 ? 1 : 2;

function generatePhase(phase: LoweredPhase, arrays: readonly string[]): FunctionEncoder {
  const code = new FunctionEncoder();
  const descriptor = 0;
  const word = (index: number) => {
    code.get(descriptor);
    code.i32Load(index * 4);
  };
  const remaining = code.local(i32);
  word(0);
  code.set(remaining);

  const used = new Set([
    ...phase.nodes.flatMap((node) => (node.kind === "load" ? [node.array] : [])),
    ...phase.stores.map(({ array }) => array),
  ]);
  const pointers = new Map<string, number>();
  arrays.forEach((array, index) => {
    if (!used.has(array)) return;
    const pointer = code.local(i32);
    word(descriptorHeader + index);
    code.set(pointer);
    pointers.set(array, pointer);
  });

  const scalars = phase.scalarInputs.map((_, input) => {
    const local = code.local(v128);
    word(1);
    code.v128LoadSplat(input * laneBytes);
    code.set(local);
    return local;
  });

  const accumulators = accumulatorsOf(code, phase.sums, unroll);
  const emitters = Array.from(
    { length: unroll },
    (_, copy) => new ElementEmitter(code, phase, pointers, scalars, copy * lanes * laneBytes),
  );
  const plan = stagesOf(phase);

  /** One pass of these copies through the body. */
  const compute = (copies: readonly ElementEmitter[], first: number, single = false, slots?: Slots) => {
    for (const emitter of copies) emitter.begin(single, slots);
    if (slots === undefined) for (const { node } of plan.exceptions) handleExceptions(code, copies, node);
    copies.forEach((emitter, copy) => {
      for (const accumulator of accumulators)
        if (single) accumulator.addSingle(emitter);
        else accumulator.add(emitter, first + copy);
    });
    const values = copies.map((emitter) => emitter.materialise(phase.stores.map(({ node }) => node)));
    copies.forEach((emitter, copy) => {
      emitter.store(values[copy] ?? []);
    });
  };
  const together = copiesTogether(phase);
  const computeAll = (slots?: Slots) => {
    for (let copy = 0; copy < unroll; copy += together)
      compute(emitters.slice(copy, copy + together), copy, false, slots);
  };
  const advance = (elements: number) => {
    for (const pointer of [...pointers.values()]) {
      code.get(pointer);
      code.i32Constant(elements * laneBytes);
      code.i32Add();
      code.set(pointer);
    }
    code.get(remaining);
    code.i32Constant(-elements);
    code.i32Add();
    code.set(remaining);
  };

  if (plan.stages.length > 0) {
    const slots = code.local(i32);
    word(3);
    code.set(slots);
    const locals = { pointers: [...pointers.values()], slots, remaining };
    stripLoops({ ...{ code, plan, emitters }, ...locals, conclude: computeAll });
  } else {
    code.whileAtLeast(remaining, lanes * unroll, () => {
      computeAll();
      advance(lanes * unroll);
    });
  }
  code.whileAtLeast(remaining, lanes, () => {
    compute(emitters.slice(0, 1), 0);
    advance(lanes);
  });
  code.whileAtLeast(remaining, 1, () => {
    compute(emitters.slice(0, 1), 0, true);
    advance(1);
  });

  emitters.slice(0, 1).forEach((emitter) => {
    emitter.begin(true);
    accumulators.forEach((accumulator, index) => {
      word(2);
      accumulator.total(emitter, () => {
        word(0);
      });
      code.f64Store(index * 8);
    });
  });
  return code;
}

/** Computes a node that has exceptions, which are looked at where any lane of any copy is one. */
function handleExceptions(code: FunctionEncoder, copies: readonly ElementEmitter[], node: number): void {
  const masks = copies.map((emitter) => emitter.assume(node));
  masks.forEach((mask, copy) => {
    code.get(mask);
    if (copy > 0) code.simd(simd.or);
  });
  code.simd(simd.anyTrue);
  code.when(() => {
    copies.forEach((emitter, copy) => {
      emitter.correct(node, masks[copy] ?? 0);
    });
  });
}
